package browsertest_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/server"
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
	p.waitText(".who", "user")     // the tab is still logged in
	p.expect("401 (Unauthorized)") // to what was under way at the log-out
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
	p.until("all views, also those not shown yet", `performance.getEntriesByType('resource').some((e) => e.name.endsWith('/views/about.js'))`)
	killed := time.Now()
	o.Kill()
	p.waitText(".banner", "No connection to the manager since")
	if waited := time.Since(killed); waited > 5*time.Second {
		t.Logf("it took %v until the page said so", waited) // which a loaded machine may need
	}
	p.waitText(".banner", "Trying again in")
	p.look("disconnected")
	p.goTo("#/about")
	p.waitText("main", "Where to connect")
	o.Start()
	p.waitGone(".banner")
	p.waitText("main", "a simulated observatory") // what could not be read is read now
	p.wait("nav")
}

func TestTokens_ARevokedOneLeadsBackToTheLogIn(t *testing.T) {
	o := newObservatory(t)
	b := newBrowser(t)
	p := b.openAs("user", o.URL)
	admin := b.openAs("admin", o.URL)
	token := admin.eval(`Object.entries(sessionStorage).find(([k]) => k.includes('token'))[1]`)
	require.Equal(t, float64(200), admin.eval(`fetch('manager/api/admin/tokens/?username=user', {method: 'DELETE', headers: {Authorization: 'Token `+token.(string)+`'}}).then((r) => r.status)`))
	p.waitText("form", "The manager has ended the log-in.")
	p.look("login-revoked")
	p.logIn("user", "user")
	p.wait("nav")
}

func TestTokens_AnExpiredOneLeadsBackToTheLogIn(t *testing.T) {
	o := newObservatory(t, func(c *server.Config) { c.TokenLifetime = 3 * time.Second })
	p := newBrowser(t).open(o.URL)
	p.expect("401 (Unauthorized)") // of a view that asks for something at that moment
	p.logIn("user", "user")        // what follows may be over before a slow machine sees it
	p.waitText("form", "log-in")
	p.reload()
	p.wait("input[name=username]")
	require.NotContains(t, p.text("form"), "ended", "who loads the page again knows")
}

func TestTime_IsTheManagersWhateverTheBrowsersClockShows(t *testing.T) {
	o := newObservatory(t)
	p := newBrowser(t).openWith(o.URL+"/#/hub", `{ const real = Date.now; Date.now = () => real() + 3_600_000; }`)
	p.logIn("user", "user")
	p.waitText(".hub-now", "+3600.0")
	shown, err := time.Parse("15:04:05", strings.Fields(p.text(".clock"))[0])
	require.NoError(t, err)
	now := time.Now().UTC()
	shown = time.Date(now.Year(), now.Month(), now.Day(), shown.Hour(), shown.Minute(), shown.Second(), 0, time.UTC)
	difference := now.Sub(shown).Abs()
	require.True(t, difference < 5*time.Minute || difference > 23*time.Hour, "the page shows %v at %v", shown, now)
	p.until("ages of seconds", `document.querySelector('[aria-label=Sources] .age')?.innerText.endsWith(' s')`)
}

func TestTheLogInIsThereSoon(t *testing.T) {
	o := newObservatory(t)
	b := newBrowser(t)
	for range 3 { // the first starts the compressing, and fills the cache
		p := b.openWith(o.URL, `new MutationObserver((_, o) => {
			if (!document.querySelector('input[name=username]')) return;
			performance.mark('shown');
			o.disconnect();
		}).observe(document, {childList: true, subtree: true})`)
		p.wait("input[name=username]")
		t.Logf("%.0f ms from the address to the log-in", p.eval(`performance.getEntriesByName('shown')[0].startTime`))
	}
}

func TestTokens_ATabWithAnOldOneSaysWhyItMustLogIn(t *testing.T) {
	o := newObservatory(t)
	p := newBrowser(t).openAs("user", o.URL)
	p.expect("401 (Unauthorized)")
	p.eval(`Object.keys(sessionStorage).filter((k) => k.includes('token')).forEach((k) => sessionStorage.setItem(k, 'forged'))`)
	p.reload()
	p.waitText("form", "The log-in has ended: Invalid Token")
}

func TestPrefix_ThePageWorksBelowIt(t *testing.T) {
	o := newObservatory(t, func(c *server.Config) { c.URLPrefix = "/love" })
	p := newBrowser(t).openAs("user", o.URL)
	require.Equal(t, "/love/", p.eval(`location.pathname`))
	p.goTo("#/about")
	p.waitText("main", o.URL+"/love/manager/api/")
	p.waitText("main", "a simulated observatory")
	p.goTo("#/hub")
	p.waitText(".hub-now", "Messages in")
}

func TestFrontend_ThePageIsBesideIt(t *testing.T) {
	o := newObservatory(t, func(c *server.Config) { c.Frontend = http.NotFoundHandler() })
	p := newBrowser(t).openAs("user", o.URL+"/page/#/about")
	p.waitText("main", o.URL+"/manager/api/")
	p.waitText("main", "a simulated observatory")
}

func TestKeyboard_LogsInAndGoesThroughTheViews(t *testing.T) {
	o := newObservatory(t)
	p := newBrowser(t).open(o.URL)
	p.wait("input[name=username]:focus")
	p.keys("user", "\t", "user", "\r")
	p.wait("nav")
	p.wait("main:focus")
	p.reload()
	p.wait("nav")
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
