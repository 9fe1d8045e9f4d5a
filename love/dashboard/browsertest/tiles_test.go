package browsertest_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// tile is a script that finds the tile of a component.
func tile(name string) string {
	return `[...document.querySelectorAll('.tile')].find((e) => e.querySelector('.tile-name').innerText === ` + quoted(name) + `)`
}

func TestTiles_ShowStateHeartbeatAndError(t *testing.T) {
	o := newObservatory(t)
	p := newBrowser(t).openAs("user", o.URL)
	p.until("the tile of ATDome", tile("ATDome")+`?.innerText.includes('ENABLED')`)
	p.until("its heartbeat", tile("ATDome")+`.innerText.includes('heartbeat now')`)
	require.Equal(t, "#/observatory", p.eval(`location.hash`), "it is the first view")
	require.Equal(t, true, p.eval(tile("ATDome")+`.className === 'tile normal'`), "what is normal is grey")
	for _, name := range o.sim.Components() {
		p.until("the tile of "+name, tile(strings.TrimSuffix(name, ":0")))
	}
	p.eval(`fetch('manager/api/get-token/', {method: 'POST', body: new URLSearchParams({username: 'cmd_user', password: 'cmd_user'})}).then((r) => r.json()).then((s) =>
		fetch('manager/api/cmd/', {method: 'POST', headers: {Authorization: 'Token ' + s.token, 'Content-Type': 'application/json'},
			body: JSON.stringify({csc: 'ATDome', salindex: 0, cmd: 'cmd_disable', params: {}})})).then((r) => r.json())`)
	p.until("its new state", tile("ATDome")+`.innerText.includes('DISABLED')`)
	p.clickText("Disabled 1")
	p.until("one tile alone", `document.querySelectorAll('.tile').length === 1 && `+tile("ATDome"))
	require.Equal(t, "#/observatory?show=disabled", p.eval(`location.hash`), "the address holds the filter")
}

func TestTiles_TheSearchFindsFields(t *testing.T) {
	o := newObservatory(t)
	p := newBrowser(t).openAs("user", o.URL)
	p.wait(".tile")
	p.keys("/")
	p.wait("input[type=search]:focus")
	p.keys("azimuth")
	p.until("the dome's position first", `/^ATDome position\s+azimuthPosition\s+Azimuth\./.test(document.querySelector('.field-results li:first-child')?.innerText)`)
	p.until("the search in the address", `location.hash === '#/observatory?q=azimuth'`)
	p.until("its value with its unit", `/^−?[\d.]+\sdeg$/.test(document.querySelector('.field-result .value').innerText)`)
	p.typeInto("input[type=search]", "hexapod")
	p.until("two tiles", `document.querySelectorAll('.tile').length === 2`)
	p.typeInto("input[type=search]", "there is no such word")
	p.waitText("main", "No field has these words")
	p.typeInto("input[type=search]", "MTHexapod 2")
	p.until("one tile", `document.querySelectorAll('.tile').length === 1 && `+tile("MTHexapod:2"))
}

func TestTiles_SayThatTheirDataAreOld(t *testing.T) {
	o := newObservatory(t)
	p := newBrowser(t).openAs("user", o.URL)
	p.until("the tile of ATDome", tile("ATDome")+`?.innerText.includes('ENABLED')`)
	o.StopProducers()
	p.until("its mark", tile("ATDome")+`.innerText.includes('stale')`)
	p.look("tiles-stale")
	p.clickText("Need attention " + strings.TrimPrefix(strings.Split(p.text(".tile-filter.some"), "attention")[1], " "))
	p.wait(".tile.warning")
	p.waitGone(".tile.normal")
}
