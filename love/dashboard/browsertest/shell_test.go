package browsertest_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLogIn_AndOut(t *testing.T) {
	o := newObservatory(t)
	p := newBrowser(t).open(o.URL)
	p.expect("400 (Bad Request)") // what the browser says of the wrong password
	p.logIn("user", "wrong")
	p.waitText("[role=alert]", "Name or password is wrong.")
	p.logIn("user", "user")
	p.wait("nav")
	p.waitText(".who", "user")
	p.reload()
	p.waitText(".who", "user") // the tab is still logged in
	p.clickText("Log out")
	p.waitText("form", "You have logged out.")
	p.reload()
	p.wait("input[name=username]")
	require.Nil(t, p.eval(`Object.keys(sessionStorage).find((k) => k.includes('token'))`))
}
