package manager_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/manager"
)

func TestStreamsAreShownToWhoeverHasLoggedIn(t *testing.T) {
	const (
		path     = "/manager/api/streams/"
		state    = `{"category":"event","csc":"ATDome","salindex":"0","stream":"summaryState","messages":2,"last":"2026-03-14T01:59:26Z","live":true}`
		position = `{"category":"telemetry","csc":"MTMount","salindex":"0","stream":"azimuth","messages":7,"last":"2026-03-14T01:59:26Z","live":false}`
	)
	h := newHarness(t)
	token := as(h.token("user"))
	h.requireJSON(h.call("GET", path, "", token), 200, `{"streams":[`+state+`,`+position+`]}`)
	h.requireJSON(h.call("GET", path+"?csc=MTMount", "", token), 200, `{"streams":[`+position+`]}`)
	h.requireJSON(h.call("GET", path+"?csc=Nothing", "", token), 200, `{"streams":[]}`)
	h.requireJSON(h.call("GET", path+"?csc=", "", token), 400, `{"csc":["Give the name of a component, or leave it out."]}`)
	require.Equal(t, 400, h.call("GET", path+"?cs=ATDome", "", token).StatusCode)
	require.Equal(t, 401, h.call("GET", path, "").StatusCode)

	plain := newHarness(t, func(c *manager.Config) { c.Hub = struct{ manager.Hub }{c.Hub} })
	plain.requireJSON(plain.call("GET", path, "", as(plain.token("user"))), 404, notFound)
}
