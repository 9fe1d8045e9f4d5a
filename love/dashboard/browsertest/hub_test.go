package browsertest_test

import (
	"testing"

	"github.com/chromedp/chromedp/kb"

	"github.com/rubin-love/love-go/love/metrics"
	"github.com/rubin-love/love-go/love/server"
)

func TestHub_ShowsFiguresSourcesAndConnections(t *testing.T) {
	o := newObservatory(t)
	b := newBrowser(t)
	p := b.openAs("admin", o.URL+"/#/hub")
	p.waitText(".hub-now", "Messages in")
	p.waitText(".hub-now", "/s")
	p.waitText("main", "Nothing was dropped, refused or closed.")
	p.waitText("main", "MTHexapod:2")
	p.waitText("main", "admin")
	p.typeInto(".filter", "atdome")
	p.until("the filter", `document.querySelectorAll('[aria-label=Sources] tbody tr').length === 1`)
	p.look("hub")

	p.click(`[aria-label="12 subscriptions of process"]`)
	p.waitText("dialog", "Subscriptions")
	p.waitText("dialog", "initial_state-ATDome-all-all")
	p.look("hub-session")
	p.keys(kb.Escape)
	p.waitGone("dialog[open]")

	other := b.openAs("user", o.URL+"/#/hub")
	other.waitText("main", "MTHexapod:2")
	other.until("no connections for those who may not manage users", `!document.body.innerText.includes('Connections (')`)
	p.clickText("End the log-in of user")
	p.waitText("dialog[open]", "End the log-in of user?")
	p.look("hub-confirm")
	p.clickText("End it")
	other.waitText("form", "The manager has ended the log-in")
	p.waitText(".toasts", "The log-in of user has ended.")
}

func TestHub_ShowsWhatConnectsItWithOtherManagers(t *testing.T) {
	o := newObservatory(t, func(c *server.Config) {
		c.Collectors = append(c.Collectors, metrics.Broker(func() metrics.BrokerStats {
			return metrics.BrokerStats{Peers: 2, Published: 1, Received: 1234, Queued: 2048, Dropped: 5}
		}))
	})
	p := newBrowser(t).openAs("user", o.URL+"/#/hub")
	p.waitText("main", "2 connected, 1 message to them, 1 234 from them, 2.0 KiB waiting")
	p.waitText("main", "5 messages lost")
}

func TestHub_SaysThatAPublisherIsGone(t *testing.T) {
	o := newObservatory(t)
	p := newBrowser(t).openAs("user", o.URL+"/#/hub")
	p.waitText("main", "MTHexapod:2")
	o.StopProducers()
	p.waitText("[aria-label=Sources]", "publisher gone")
	p.look("hub-stale")
}

func TestUsers_AreAddedChangedDisabledAndRemoved(t *testing.T) {
	o := newObservatory(t)
	b := newBrowser(t)
	p := b.openAs("admin", o.URL+"/#/admin")
	p.expect("400 (Bad Request)") // a name that exists
	p.waitText("main", "cmd_user")
	p.look("users")
	p.clickText("Add a user")
	p.typeInto("input[name=username]", "user")
	p.typeInto("input[name=password]", "correct horse")
	p.clickText("Add")
	p.waitText("dialog", "already exists")
	p.look("users-add-wrong")
	p.typeInto("input[name=username]", "<b>ana")
	p.typeInto("input[name=first_name]", "Ana <script>alert(1)</script>")
	p.typeInto("input[name=patterns]", "ATDome:*:move*")
	p.clickText("cmd")
	p.clickText("Add")
	p.waitText("main", "Ana <script>alert(1)</script>")
	p.waitText(".chips", "group cmd")
	p.waitText(".chips", "ATDome:*:move*")

	ana := b.open(o.URL)
	ana.logIn("<b>ana", "correct horse")
	ana.waitText(".who", "<b>ana")
	p.clickText("<b>ana")
	p.clickText("May log in without this, the open pages of the user end at once")
	p.look("users-change")
	p.clickText("Save")
	p.waitText("main", "disabled")
	ana.waitText("form", "The manager has ended the log-in")

	p.clickText("<b>ana")
	p.clickText("Remove")
	p.waitText("dialog:last-of-type", "Remove <b>ana?")
	p.click("dialog .button.danger:not(form *)")
	p.waitText(".toasts", "was removed")
	p.until("the end of the user", `!document.querySelector('main').innerText.includes('Ana')`)
}

func TestUsers_GroupsLogInsAndAudit(t *testing.T) {
	o := newObservatory(t)
	b := newBrowser(t)
	p := b.openAs("admin", o.URL+"/#/admin/groups")
	p.waitText("main", "ui_framework")
	p.clickText("Add a group")
	p.typeInto("input[name=name]", "night")
	p.typeInto("input[name=patterns]", "MTMount:0:*")
	p.clickText("Add")
	p.waitText("main", "MTMount:0:*")
	p.look("groups")

	user := b.openAs("user", o.URL)
	p.goTo("#/admin/logins")
	p.waitText("main", "Log-ins (")
	p.waitText("main", "user")
	p.look("logins")
	p.eval(`document.querySelector('[aria-label^="End the log-in"][aria-label$="of user"]').setAttribute('data-mine', '')`)
	p.click("[data-mine]")
	p.clickText("End it")
	user.waitText("form", "The manager has ended the log-in")

	p.goTo("#/admin/audit")
	p.waitText("main", "token revoked")
	p.typeInto(".filter", "group night")
	p.until("the filter", `document.querySelectorAll('[aria-label="Who did what"] tbody tr').length === 1`)
	p.waitText("main", "group changed")
	p.typeInto(".filter", " ")
	p.look("audit")
}
