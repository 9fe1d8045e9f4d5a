package browsertest_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/producer"
	"github.com/rubin-love/love-go/love/sal/sim"
	"github.com/rubin-love/love-go/love/server"
)

// simulate adds components to an observatory.
func (o *observatory) simulate(t testing.TB, names ...string) {
	t.Helper()
	more := sim.NewObservatory(o.own, sim.WithComponents(names...))
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	t.Cleanup(func() {
		cancel()
		running.Wait()
	})
	running.Go(func() { _ = more.Run(ctx) }) // ends with ctx
	<-more.Ready()
	factory := producer.NewFactory(o.all, producer.WithPeriod(time.Second))
	for _, name := range names {
		p, err := factory.FromName(ctx, name)
		require.NoError(t, err)
		o.Run(p)
	}
}

// publish sends streams, as a JSON object, as if a producer had published them.
func (o *observatory) publish(t testing.TB, category, csc string, salindex int, streams string) {
	t.Helper()
	m, err := love.ParseMessage(fmt.Appendf(nil, `{"category": %q, "data": [{"csc": %q, "salindex": %d, "data": %s}]}`, category, csc, salindex, streams))
	require.NoError(t, err)
	o.Publish(m)
}

const theForm = ".command-form "

func TestCommands_TheDomeIsCommandedAndTheRecordSaysByWhom(t *testing.T) {
	o := newObservatory(t)
	p := newBrowser(t).openAs("cmd_user", o.URL+"/#/commands")
	p.waitText(".record", "Nobody has commanded anything yet.")
	p.look("commands-empty")

	p.typeInto("[name=find]", "dome moveaz")
	p.waitText(".choices", "ATDome moveAzimuth")
	p.look("commands-find")
	p.keys(kb.Enter)
	p.wait(theForm + "[name=azimuth]:focus")
	p.waitText(theForm, "Where to; 0 to 360.")
	require.Contains(t, p.text(theForm+"label"), "azimuth deg")

	p.keys(kb.Enter) // nothing is given
	p.waitText(theForm+".error", "Give a value.")
	p.typeInto(theForm+"[name=azimuth]", "ninety")
	p.clickText("Send")
	p.waitText(theForm+".error", "“ninety” is not a number.")
	p.wait(theForm + "[name=azimuth][aria-invalid=true]:focus")
	p.look("commands-wrong")

	p.typeInto(theForm+"[name=azimuth]", "120")
	p.clickText("Dry run")
	p.waitText(theForm, "The command is in order; it was not sent.")
	p.waitText(".record", "Nobody has commanded anything yet.")
	p.clickText("Send")
	p.waitText(theForm+".note", "Done")
	p.waitText(".record", "moveAzimuth azimuth=120")
	require.Contains(t, p.text(".record tbody"), "cmd_user")

	p.typeInto(theForm+"[name=azimuth]", "700")
	p.clickText("Send")
	p.waitText(theForm+".error", "azimuth=700 is not in the range 0 to 360 deg")
	p.waitText(theForm+"[role=alert]", "The component refused or failed")
	p.waitText(".record", "failed")
	p.look("commands")

	p.typeInto("[name=record-user]", "nobody")
	p.keys(kb.Enter)
	p.waitText(".record", "No such command is in the record.")
	p.until("the filter in the address", `location.hash.includes('user=nobody')`)
	p.reload()
	p.waitText(".record", "No such command is in the record.")
}

func TestCommands_ALongOneShowsItsProgressAndWhatWasGivenIsSentExactly(t *testing.T) {
	o := newObservatory(t)
	o.simulate(t, "Test:1")
	p := newBrowser(t).openAs("cmd_user", o.URL+"/#/commands/Test:1/setScalars")
	p.wait(theForm + "[name=longLong0]")
	p.typeInto(theForm+"[name=longLong0]", "9007199254740993")
	p.typeInto(theForm+"[name=byte0]", "256")
	p.clickText("Send")
	p.waitText(theForm+".error", "256 is not in the range 0 to 255 of byte.")
	p.wait(theForm + "[name=boolean0]:focus") // the first that is wrong gets the focus; what is typed before goes there
	p.typeInto(theForm+"[name=byte0]", "255")
	p.typeInto(theForm+"[name=double0]", "NaN")
	p.typeInto(theForm+"[name=string0]", `<img src=x onerror=alert(1)>`)
	p.click(theForm + "[type=checkbox]")
	p.clickText("Send")
	p.waitText(theForm+".error", "NaN cannot be sent: give a finite number.")
	p.wait(theForm + "[name=double0]:focus")
	p.typeInto(theForm+"[name=double0]", "-0.25")
	p.look("commands-scalars")
	p.clickText("Send")
	p.waitText(theForm+".note", "Done")
	p.waitText(".record", `string0="<img src=x onerror=alert(1)>"`)
	require.Contains(t, p.text(".record"), "longLong0=9007199254740993")
	require.Contains(t, p.text(".record"), "double0=−0.25")

	p.goTo("#/commands/Test:1/setArrays")
	p.typeInto(theForm+"[name=int0]", "1, 2, 3")
	p.clickText("Send")
	p.waitText(theForm+".error", "Takes 5 values, not 3.")
	p.look("commands-arrays")

	p.goTo("#/commands/Test:1/wait")
	p.typeInto(theForm+"[name=ack]", "1")
	p.typeInto(theForm+"[name=duration]", "600")
	p.clickText("Send")
	p.waitText(theForm+".running", "Under way")
	p.waitText(theForm+".running", "left")
	p.wait(theForm + "progress")
	p.waitText(".record", "under way")
	p.look("commands-running")
	p.clickText("Stop waiting")
	p.waitText(theForm+".note", "The command goes on")
}

func TestCommands_WhoMayNotSeesNoButtonThatCommands(t *testing.T) {
	o := newObservatory(t)
	b := newBrowser(t)
	p := b.openAs("user", o.URL+"/#/commands/ATDome/moveAzimuth")
	p.waitText("main", "You may look, not command.")
	require.Empty(t, p.text("main button, main input"))
	p.look("commands-forbidden")
}

func TestCommands_AManagerMayDoWithoutAuthority(t *testing.T) {
	o := newObservatory(t, func(c *server.Config) { c.Authority = false })
	p := newBrowser(t).openAs("cmd_user", o.URL+"/#/commands")
	p.waitText("main", "This manager does without")
}

func TestCommands_OnlyWhatTheUserMayGiveIsOffered(t *testing.T) {
	o := newObservatory(t)
	o.AddUser("pat", "pat", "ATDome:*:move*", "ScriptQueue:1:pause")
	p := newBrowser(t).openAs("pat", o.URL+"/#/commands")
	p.click("[name=find]")
	p.waitText(".choices", "ATDome moveAzimuth")
	require.Equal(t, []any{"ATDome moveAzimuth", "ATDome moveShutterDropoutDoor", "ATDome moveShutterMainDoor", "ScriptQueue:1 pause"},
		p.eval(`[...document.querySelectorAll('.choices li')].map((e) => e.innerText)`))
	require.NotContains(t, p.text("main"), "Take authority")
	p.goTo("#/commands/ATDome/openShutter")
	p.waitText(theForm, "You may not give ATDome openShutter.")
	p.goTo("#/commands/MTMount/stop")
	p.waitText("main", "You may look at MTMount, not command it.")
	p.goTo("#/commands/Nothing/stop")
	p.waitText("main", "You may look at Nothing, not command it.")
	p.goTo("#/queue/1")
	p.waitText(".queue-state .button", "Pause the queue")
	require.Equal(t, "Pause the queue", p.text(".queue .button"))
}

func TestCommands_WithoutADefinitionThereIsNoForm(t *testing.T) {
	o := newObservatory(t)
	p := newBrowser(t).openAs("cmd_user", o.URL+"/#/commands/%3Cb%3ENothing/stop")
	p.waitText(theForm+", main .empty", "There is no definition of <b>Nothing, so there is no form for its commands.")
	p.goTo("#/commands/ATDome/dance")
	p.waitText(theForm, "ATDome has no command dance, by the definitions of this manager.")
	p.goTo("#/commands/constructor/toString")
	p.waitText("main", "There is no definition of constructor")
	p.goTo("#/commands/ATDome/constructor")
	p.waitText(theForm, "ATDome has no command constructor")
	p.look("commands-undefined")
}

func TestCommands_AuthorityAndApproval(t *testing.T) {
	open, err := love.ParseCommandPattern("ATDome:*:openShutter")
	require.NoError(t, err)
	o := newObservatory(t, func(c *server.Config) { c.Approval = []love.CommandPattern{open} })
	b := newBrowser(t)
	ana := b.openAs("cmd_user", o.URL+"/#/commands/MTDome")
	boss := b.openAs("admin", o.URL+"/#/commands")

	ana.waitText("main", "Nobody excludes others from commanding.")
	ana.typeInto(".take [name=pattern]", "MTDome:*:*:*")
	ana.expect("400 (Bad Request)", "403 (Forbidden)", "409 (Conflict)")
	ana.clickText("Take authority")
	ana.wait(".take .error")
	ana.typeInto(".take [name=pattern]", "MTDome")
	ana.clickText("Take authority")
	ana.waitText("main", "(you)")
	boss.waitText("main", "MTDome") // without asking
	boss.goTo("#/commands/MTDome/stop")
	boss.expect("403 (Forbidden)")
	boss.wait(theForm + "[name=engageBrakes]")
	boss.click(theForm + "[type=checkbox]")
	boss.clickText("Send")
	boss.waitText(theForm+"[role=alert]", "cmd_user")
	boss.look("commands-excluded")
	ana.clickText("Release")
	boss.waitText("main", "Nobody excludes others from commanding.")

	ana.goTo("#/commands/ATDome/openShutter")
	ana.waitText(theForm, "This command takes no values.")
	ana.clickText("Send")
	ana.waitText(theForm+".note", "Waits for approval")
	ana.waitText(".waiting", "You asked; another person must approve")
	boss.waitText(".waiting", "ATDome openShutter")
	boss.look("commands-waiting")
	boss.goTo("#/about")
	boss.waitText("nav .badge", "1")
	boss.goTo("#/commands")
	boss.clickText("Approve")
	boss.waitGone(".waiting")
	ana.waitText(".record", "cmd_user with admin")

	ana.clickText("Send")
	boss.waitText(".waiting", "ATDome openShutter")
	boss.clickText("Refuse")
	ana.waitGone(".waiting")
	ana.waitText(".record", "refused")
}
