package browsertest_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/sal/sim"
)

// alarm is the row of an alarm in a panel, as an expression.
func alarm(panel, name string) string {
	return fmt.Sprintf(`[...document.querySelectorAll('.panel')].find((p) => p.querySelector('h2')?.innerText.startsWith(%q)) &&
		[...[...document.querySelectorAll('.panel')].find((p) => p.querySelector('h2')?.innerText.startsWith(%q)).querySelectorAll('li')].find((l) => l.querySelector('b').innerText === %q)`,
		panel, panel, name)
}

// clickOfAlarm clicks a button in the row of an alarm.
func (p *tab) clickOfAlarm(panel, name, button string) {
	p.t.Helper()
	find := fmt.Sprintf(`[...((%s)?.querySelectorAll('button') ?? [])].find((b) => b.innerText === %q)`, alarm(panel, name), button)
	p.until(button+" of "+name, find)
	p.eval(find + `.click()`)
}

func TestAlarms_AreSeenAcknowledgedAndMuted(t *testing.T) {
	o := newObservatory(t)
	b := newBrowser(t)
	p := b.openAs("cmd_user", o.URL+"/#/alarms")
	looker := b.openAs("user", o.URL)
	p.waitText("main", "Muted (0)")
	p.look("alarms-none")
	p.click("[name=sound]") // a gesture, as browsers want one
	p.eval(`(() => { globalThis.notes = 0; const make = AudioContext.prototype.createOscillator;
		AudioContext.prototype.createOscillator = function () { globalThis.notes++; return make.call(this); }; })()`)

	require.NoError(t, o.sim.Fault(t.Context(), sim.Fault{Component: "ATDome", Code: 7, Report: "a belt is broken"}))
	p.until("the alarm of the fault", alarm("Active", "Enabled.ATDome"))
	p.waitText("main", "is in FAULT")
	p.waitText("main", "critical")
	p.waitText(".alarms", "goes to simulated observing specialist at")
	p.until("the number in the title", `/^\([1-9]\d*\) Alarms/.test(document.title)`)
	p.until("the sound of it", `globalThis.notes >= 4`)
	looker.wait("nav .badge") // in another view
	looker.until("the number in its title, too", `/^\([1-9]/.test(document.title)`)
	p.look("alarms-active")

	looker.goTo("#/alarms")
	looker.until("the alarm for who looks", alarm("Active", "Enabled.ATDome"))
	require.Empty(t, looker.text("main button"))
	looker.look("alarms-looking")

	p.clickOfAlarm("Active", "Enabled.ATDome", "Acknowledge")
	p.until("that it is acknowledged", alarm("Acknowledged", "Enabled.ATDome"))
	p.waitText("main", "acknowledged by cmd_user at")
	looker.until("that it is acknowledged, for who looks", alarm("Acknowledged", "Enabled.ATDome"))
	p.clickOfAlarm("Acknowledged", "Enabled.ATDome", "Revoke")
	p.until("that it is active again", alarm("Active", "Enabled.ATDome"))

	p.clickOfAlarm("Active", "Enabled.ATDome", "Mute …")
	p.waitText("dialog", "Mute Enabled.ATDome")
	p.look("alarms-mute")
	p.clickText("Mute")
	p.until("that it is muted", alarm("Muted", "Enabled.ATDome"))
	p.waitText("main", "muted up to critical by cmd_user")
	p.look("alarms-muted")
	p.reload()
	p.until("that it is muted after loading the page", alarm("Muted", "Enabled.ATDome"))
	require.Equal(t, true, p.eval(`document.querySelector('[name=sound]').checked`), "the switch is kept")
	p.clickOfAlarm("Muted", "Enabled.ATDome", "Unmute")
	p.until("that it is active", alarm("Active", "Enabled.ATDome"))
}

func TestAlarms_HostileTextsAreTexts(t *testing.T) {
	o := newObservatory(t)
	const hostile = `<img src=x onerror="document.title='broken'">.*`
	p := newBrowser(t).openAs("cmd_user", o.URL+"/#/alarms")
	p.waitText("main", "Muted (0)")
	o.publish(t, "event", "Watcher", 0, fmt.Sprintf(`{"alarm": [{"name": {"value": %[1]q}, "reason": {"value": %[1]q}, "severity": {"value": 3}, "maxSeverity": {"value": 9},
		"acknowledged": {"value": true}, "acknowledgedBy": {"value": %[1]q}, "escalateTo": {"value": %[1]q}, "escalatedId": {"value": "x"}, "timestampSeverityOldest": {"value": 1e99}}]}`, hostile))
	p.waitText(".alarms", hostile)
	require.Empty(t, p.eval(`[...document.querySelectorAll('main img')].map((e) => e.outerHTML)`))
	p.look("alarms-hostile")
}

func TestAlarms_OfBeforeAreForgottenAndThoseOfNowShownAfterARestartOfTheManager(t *testing.T) {
	o := newObservatory(t)
	p := newBrowser(t).openAs("cmd_user", o.URL+"/#/alarms")
	p.expect("WebSocket connection to", "ERR_CONNECTION")
	p.waitText("main", "Muted (0)")
	o.publish(t, "event", "Watcher", 0, `{"alarm": [{"name": {"value": "Gone"}, "severity": {"value": 3}, "maxSeverity": {"value": 3}, "private_sndStamp": {"value": 1}}]}`)
	p.until("an alarm that no Watcher knows", alarm("Active", "Gone"))
	require.NoError(t, o.sim.Fault(t.Context(), sim.Fault{Component: "ATDome", Code: 7, Report: "a belt is broken"}))
	p.until("the alarm of the fault", alarm("Active", "Enabled.ATDome"))
	o.Kill()
	p.wait(".banner")
	o.Start()
	p.waitGone(".banner")
	p.until("what the Watcher knows now", `!(`+alarm("Active", "Gone")+`) && (`+alarm("Active", "Enabled.ATDome")+`)`)
}
