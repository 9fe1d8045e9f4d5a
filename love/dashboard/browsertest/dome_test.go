package browsertest_test

import (
	"strconv"
	"testing"

	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"
)

// TestDome_IsFoundSeenAndMovedInSixClicks is what somebody does who sees the page for the first time.
func TestDome_IsFoundSeenAndMovedInSixClicks(t *testing.T) {
	o := newObservatory(t)
	p := newBrowser(t).openAs("cmd_user", o.URL)
	clicks := 0
	click := func(selector string) {
		t.Helper()
		p.click(selector)
		clicks++
	}
	p.until("the tile", tile("ATDome"))
	p.eval(tile("ATDome") + `.firstElementChild.id = 'tile-of-the-dome'`)
	click("#tile-of-the-dome")
	click(`[aria-label="Plot position azimuthPosition"]`)
	p.until("its course", `!Number.isNaN(`+legend+`)`)
	target := int(p.eval(legend).(float64)+20) % 360
	click("aside select[name=command]")
	p.eval(`(() => { const s = document.querySelector('aside select'); s.value = 'moveAzimuth'; s.dispatchEvent(new Event('change', {bubbles: true})); })()`)
	clicks++ // the choice
	p.wait("aside input[name=azimuth]")
	p.typeInto("aside input[name=azimuth]", strconv.Itoa(target))
	p.keys(kb.Enter)
	p.waitText(".recent", "cmd_user")
	p.waitText(".recent", "moveAzimuth")
	p.until("the dome there", `Math.abs(`+legend+` - `+strconv.Itoa(target)+`) < 0.5`)
	p.waitText(".recent", "done")
	require.LessOrEqual(t, clicks, 6)
	p.look("dome")
}

func TestDome_TheKeyboardAloneIsEnough(t *testing.T) {
	o := newObservatory(t)
	p := newBrowser(t).openAs("cmd_user", o.URL)
	p.wait(".tile")
	p.keys("/")
	p.wait("input[type=search]:focus")
	p.keys("ATDome azimuthPosition")
	p.waitText(".field-result:first-child", "azimuthPosition")
	for range 30 {
		p.keys(kb.Tab)
		if p.eval(`document.activeElement.matches('.field-result')`) == true {
			break
		}
	}
	p.keys(kb.Enter)
	p.wait(".plot canvas")
	for range 30 {
		p.keys(kb.Tab)
		if p.eval(`document.activeElement.matches('.plot-keys')`) == true {
			break
		}
	}
	p.keys(" ")
	p.wait(".held")
	p.keys(kb.Escape)
	p.waitGone(".held")
}
