package browsertest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// waitingScripts returns the indices of the scripts that wait, in order, as the page shows
// them.
func (p *tab) waitingScripts() (all []string) {
	p.t.Helper()
	for _, text := range p.eval(`[...document.querySelectorAll('.scripts:has(.moves [data-at]) .script-row .figure')].map((e) => e.innerText)`).([]any) {
		all = append(all, text.(string))
	}
	return all
}

func TestQueue_IsPausedResumedAndItsScriptsAreMovedRequeuedAndStopped(t *testing.T) {
	o := newObservatory(t)
	b := newBrowser(t)
	p := b.openAs("cmd_user", o.URL+"/#/queue/1")
	looker := b.openAs("user", o.URL+"/#/queue/1")

	p.waitText(".current", "auxtel/point_and_expose.py")
	p.waitText(".current", "running")
	p.waitText(".current", "of about 4 min")
	p.waitText(".script-details .log", "configured")
	p.waitText(".script-details", "Point at a star and take images of it.")
	p.look("queue")

	p.clickText("Pause the queue")
	p.waitText("dialog", "The next one waits until the queue is resumed.")
	p.look("queue-confirm")
	p.clickText("Pause")
	p.waitText(".queue-state", "paused")
	looker.waitText(".queue-state", "paused")

	p.until("scripts that wait", `document.querySelectorAll('.scripts [data-at]').length >= 8`)
	before := p.waitingScripts()
	path := p.eval(`document.querySelector('.scripts .path').innerText`).(string)
	p.clickText(fmt.Sprintf("Requeue %s %s", path, before[0]))
	p.until("one more script", fmt.Sprintf(`document.querySelectorAll('.scripts [data-at]').length === %d`, 4*(len(before)+1)))
	all := p.waitingScripts()
	moved := all[len(all)-1]
	p.clickText(fmt.Sprintf("Move %s %s up", path, moved))
	p.until("the script one place higher, and the button still in focus", fmt.Sprintf(`(() => {
		const all = [...document.querySelectorAll('.scripts:has([data-at]) .script-row .figure')].map((e) => e.innerText);
		return all.indexOf(%q) === all.length - 2 && document.activeElement.dataset.at === %q })()`, moved, moved+"-up"))
	p.clickText(fmt.Sprintf("Move %s %s to the front", path, moved))
	p.until("the script in front", fmt.Sprintf(`document.querySelector('.scripts .figure').innerText === %q`, moved))
	looker.until("the same order for who looks", fmt.Sprintf(`document.querySelector('.scripts .figure').innerText === %q`, moved))
	p.eval(`(() => { // what a person does who drags the first row to the second
		const rows = document.querySelectorAll('.scripts:has([data-at]) .script-row');
		const data = new DataTransfer();
		rows[0].dispatchEvent(new DragEvent('dragstart', {bubbles: true, dataTransfer: data}));
		rows[1].dispatchEvent(new DragEvent('dragover', {bubbles: true, cancelable: true, dataTransfer: data}));
		rows[1].dispatchEvent(new DragEvent('drop', {bubbles: true, cancelable: true, dataTransfer: data})); })()`)
	p.until("the script in the second place", fmt.Sprintf(`document.querySelectorAll('.scripts .figure')[1].innerText === %q`, moved))

	p.click(fmt.Sprintf(`input[aria-label="Choose %s %s"]`, path, moved))
	p.clickText("Remove (1)")
	p.waitText("dialog", "Scripts that wait end without having run.")
	p.clickText("Remove")
	p.waitText("main", "Finished (1)")
	p.waitText("main", "terminated")
	p.look("queue-paused")

	current := p.text(".current .figure")
	p.clickText("Pause at next checkpoint")
	p.waitText(".current", "Do not pause")
	p.clickText("Do not pause")
	p.waitText(".current", "Pause at next checkpoint")
	p.clickText("Stop")
	p.clickText("Stop the script")
	p.waitText(".current", "No script runs.")
	p.waitText("main", "stopped")
	p.clickText("Resume the queue")
	p.waitText(".queue-state", "running")
	p.until("the next script", `document.querySelector('.current .figure')?.innerText > `+quoted(current))

	require.Empty(t, looker.text(".queue .button"), "who may not command sees no button")
	looker.look("queue-looking")
	looker.click(".tabs a:nth-child(2)")
	looker.waitText(".current", "200001")
	looker.goTo("#/queue/77")
	looker.waitText("main", "Nothing has come from ScriptQueue:77 yet.")
	looker.look("queue-unknown")
}

func TestQueue_HostileTextsAreTexts(t *testing.T) {
	o := newObservatory(t)
	const hostile = `</script><img src=x onerror="document.title='broken'"><b>bold</b>`
	o.publish(t, "event", "ScriptQueueState", 9, fmt.Sprintf(`{"stateStream": {"enabled": true, "running": true}, "scriptsStream": {"finished_scripts": [], "waiting_scripts": [], "current_scripts":
		[{"index": 900001, "path": %[1]q, "type": "standard", "process_state": "RUNNING", "script_state": "RUNNING", "timestampRunStart": 1e9, "expected_duration": 0.5,
		"last_checkpoint": %[1]q, "description": %[1]q, "classname": %[1]q, "remotes": %[1]q, "pause_checkpoints": %[1]q, "stop_checkpoints": %[1]q}]}}`, hostile))
	o.publish(t, "event", "Script", 900001, fmt.Sprintf(`{"logMessage": [{"level": {"value": 50}, "message": {"value": %[1]q}, "traceback": {"value": %[1]q}, "name": {"value": %[1]q}, "private_seqNum": {"value": 1}}]}`, hostile))
	p := newBrowser(t).openAs("cmd_user", o.URL+"/#/queue/9")
	p.waitText(".current", hostile)
	p.waitText(".log .message", hostile)
	require.Empty(t, p.eval(`[...document.querySelectorAll('main img, main b:not(td b)')].map((e) => e.outerHTML)`))
	p.look("queue-hostile")
}

func TestQueue_AFullOneIsShownInPortions(t *testing.T) {
	o := newObservatory(t)
	script := func(i int) string {
		return fmt.Sprintf(`{"index": %d, "path": "a/script_%d.py", "type": "standard", "process_state": "CONFIGURED", "script_state": "CONFIGURED", "description": "the %d-th", "expected_duration": 60}`, 900000+i, i, i)
	}
	var all []string
	for i := range 400 {
		all = append(all, script(i))
	}
	o.publish(t, "event", "ScriptQueueState", 9, fmt.Sprintf(`{"stateStream": {"enabled": true, "running": false},
		"scriptsStream": {"current_scripts": [], "finished_scripts": [], "waiting_scripts": [%s]}}`, strings.Join(all, ",")))
	p := newBrowser(t).openAs("cmd_user", o.URL+"/#/queue/9")
	p.waitText("main", "Waiting (400)")
	p.waitText(".script-details", "a/script_0.py")
	require.InDelta(t, 100, p.eval(`document.querySelectorAll('.scripts .script-row').length`), 0)
	p.clickText("Show more (300)")
	p.until("more of them", `document.querySelectorAll('.scripts .script-row').length === 200`)
}
