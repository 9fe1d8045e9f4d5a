package browsertest_test

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/sal/sim"
	"github.com/rubin-love/love-go/love/server"
)

func TestLogs_AnEntryOfTheObservingLogIsWrittenAndReadByOthers(t *testing.T) {
	o := newObservatory(t)
	b := newBrowser(t)
	p := b.openAs("cmd_user", o.URL+"/#/logs/observing")
	looker := b.openAs("user", o.URL+"/#/logs/observing")
	p.waitText(".entries", "The simulated observatory is up.")
	looker.waitText("main", "You may read the observing log, not write it.")
	require.Empty(t, looker.text("main textarea, main .primary"))

	p.clickText("Write into the log")
	p.waitText(".field .error", "Write something first.")
	const note = `seeing 0.7" <b onclick=alert(1)>fine</b>`
	p.typeInto("[name=message]", note)
	p.clickText("Write into the log")
	p.waitText(".entries", note)
	p.waitText(".entries", "cmd_user")
	looker.waitText(".entries", note)
	p.until("an empty form", `document.querySelector('[name=message]').value === ''`)
	require.Empty(t, p.eval(`[...document.querySelectorAll('.entries b[onclick]')].length || null`))

	p.typeInto("[name=message]", "a second one")
	p.clickText("Write into the log")
	p.waitText(".entries", "a second one")
	p.look("logs-observing")
	p.reload()
	p.waitText(".entries", note)
	p.until("each entry once", `[...document.querySelectorAll('.entries li')].filter((e) => e.innerText.includes('cmd_user')).length === 2`)
	p.typeInto("[name=text]", "SECOND")
	p.until("the entries that pass the filter", `document.querySelectorAll('.entries li').length === 1`)
	p.typeInto("[name=text]", "nothing of the kind")
	p.waitText("main", "No entry passes the filter.")
	p.typeInto("[name=text]", "SECOND")
	p.until("the filter in the address", `location.hash.includes('text=SECOND')`)
}

func TestLogs_MessagesOfAllComponentsAreFilteredAndPaused(t *testing.T) {
	o := newObservatory(t)
	p := newBrowser(t).openAs("user", o.URL+"/#/logs")
	p.waitText(".log", "configured") // of a script
	p.waitText(".log", "Script:100001")
	require.NoError(t, o.sim.Fault(t.Context(), sim.Fault{Component: "ATDome", Code: 7, Report: "a belt is broken"}))
	p.waitText(".log", "a belt is broken")
	p.waitText(".log", "alarm Enabled.ATDome") // of the Watcher, who warns
	p.look("logs")
	p.resize(sizes[0])
	p.until("the view in the navigation of a phone", `(() => { const r = document.querySelector('nav [aria-current]').getBoundingClientRect(); return r.left >= 0 && r.right <= innerWidth })()`)
	p.resize(sizes[1])

	p.eval(`(() => { const e = document.querySelector('[name=level]'); e.value = '30'; e.dispatchEvent(new Event('change', {bubbles: true})); })()`)
	p.until("nothing below a warning", `document.querySelectorAll('.log li').length > 0 && !document.querySelector('.log').innerText.includes('INFO')`)
	p.typeInto("[name=component]", "Watcher")
	p.keys(kb.Enter)
	p.until("the Watcher alone", `[...document.querySelectorAll('.log .component')].length > 0 && [...document.querySelectorAll('.log .component')].every((e) => e.innerText === 'Watcher')`)
	p.typeInto("[name=text]", "nothing of the kind")
	p.waitText("main", "No message passes the filter.")
	p.typeInto("[name=text]", "")
	p.keys(" ", "\b")
	p.typeInto("[name=component]", "Hostile:7")
	p.keys(kb.Enter)
	p.waitText("main", "No message")

	p.clickText("Pause")
	const hostile = `<img src=x onerror="document.title='broken'">`
	o.publish(t, "event", "Hostile", 7, fmt.Sprintf(`{"logMessage": [{"level": {"value": 40}, "message": {"value": %[1]q}, "traceback": {"value": %[1]q}, "name": {"value": %[1]q}, "filePath": {"value": %[1]q}}]}`, hostile))
	p.waitText("main", "Go on (1 new)")
	require.NotContains(t, p.text("main"), hostile)
	p.clickText("Go on (1 new)")
	p.waitText(".log", hostile)
	require.Empty(t, p.eval(`[...document.querySelectorAll('main img')].map((e) => e.outerHTML)`))
	p.look("logs-hostile")
	p.reload()
	p.waitText(".log", hostile)
	p.until("each message once", `document.querySelectorAll('.log li').length === 1`)
	o.publish(t, "event", "Hostile", 7, `{"logMessage": [{"level": {"value": 40}, "message": {"value": "an old one"}, "private_sndStamp": {"value": 1773453603}}]}`)
	p.waitText(".log li:last-child", "2026-03-14 01:59:26")
}

func TestLogs_WithoutAnArchiveTheListBeginsNow(t *testing.T) {
	o := newObservatory(t, func(c *server.Config) { c.Archive.Dir = "" })
	p := newBrowser(t).openAs("user", o.URL+"/#/logs")
	p.waitText("main", "This manager has no archive")
	p.waitText(".log", "configured")
	p.typeInto("[name=component]", "Nothing")
	p.keys(kb.Enter)
	p.waitText("main", "No message passes the filter.")
	p.goTo("#/logs/messages")
	p.waitText(".log", "configured") // nothing is lost
	p.goTo("#/queue/1")
	p.waitText(".script-details .log", "configured") // the producer keeps the last ones
}
