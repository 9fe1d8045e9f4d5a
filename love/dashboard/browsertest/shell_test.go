package browsertest_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestLogIn_AndOut(t *testing.T) {
	o := newObservatory(t)
	p := newBrowser(t).open(o.URL)
	p.expect("400 (Bad Request)") // what the browser says of the wrong password
	p.wait("input[name=username]")
	p.look("login")
	p.logIn("user", "wrong")
	p.waitText("[role=alert]", "Name or password is wrong.")
	p.look("login-wrong")
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

func TestAbout_TellsWhatRunsAndHowToConnect(t *testing.T) {
	o := newObservatory(t)
	p := newBrowser(t).openAs("user", o.URL+"/#/about")
	p.waitText("main", "a simulated observatory")
	p.waitText("main", "2026-03-14 01:59:26 UTC")
	p.waitText("main", "ws"+o.URL[len("http"):]+"/manager/ws/subscription")
	p.waitText("main", "loved cmd ATDome moveAzimuth azimuth=90")
	p.look("about")
}

func TestConnection_ThePageSaysSoWhenTheManagerIsGoneAndComesBackByItself(t *testing.T) {
	o := newObservatory(t)
	p := newBrowser(t).openAs("user", o.URL)
	p.expect("WebSocket connection to", "ERR_CONNECTION")
	require.Empty(t, p.text(".banner"))
	killed := time.Now()
	o.Kill()
	p.waitText(".banner", "No connection to the manager since")
	if waited := time.Since(killed); waited > 5*time.Second {
		t.Logf("it took %v until the page said so", waited) // which a loaded machine may need
	}
	p.waitText(".banner", "Trying again in")
	p.look("disconnected")
	o.Start()
	p.waitGone(".banner")
	p.wait("nav")
}

func TestTokens_ARevokedOneLeadsBackToTheLogIn(t *testing.T) {
	o := newObservatory(t)
	b := newBrowser(t)
	p := b.openAs("user", o.URL)
	admin := b.openAs("admin", o.URL)
	token := admin.eval(`Object.entries(sessionStorage).find(([k]) => k.includes('token'))[1]`)
	require.Equal(t, float64(200), admin.eval(`fetch('manager/api/admin/tokens/?username=user', {method: 'DELETE', headers: {Authorization: 'Token `+token.(string)+`'}}).then((r) => r.status)`))
	p.waitText("form", "The manager has ended the log-in: the log-in has ended")
	p.look("login-revoked")
	p.logIn("user", "user")
	p.wait("nav")
}

func TestKeyboard_LogsInAndGoesThroughTheViews(t *testing.T) {
	o := newObservatory(t)
	p := newBrowser(t).open(o.URL)
	p.wait("input[name=username]:focus")
	p.keys("user", "\t", "user", "\r")
	p.wait("nav")
	p.until("a first stop that skips the navigation", `(document.activeElement.blur(), true)`)
	p.keys("\t")
	p.wait(".skip:focus")
	p.keys("\r")
	p.wait("main:focus")
}

func TestTheme_IsKeptAndAnUnknownAddressLeadsToTheFirstView(t *testing.T) {
	o := newObservatory(t)
	p := newBrowser(t).openAs("user", o.URL)
	p.click(".who .icon")
	p.click(".who .icon")
	p.wait(`html[data-theme="dark"]`)
	p.reload()
	p.wait("nav")
	p.wait(`html[data-theme="dark"]`)
	p.goTo("#/nothing-of-the-kind")
	p.until("the first view in place of one that does not exist", `!location.hash.includes('nothing')`)
}
