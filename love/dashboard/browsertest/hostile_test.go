package browsertest_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

const markup = `<img src=x onerror="window.pwned=1">"'><script>window.pwned=1</script>`

// publishHostile publishes a component with names, units and values that want to be markup, and
// with values of every odd kind.
func (o *observatory) publishHostile(t testing.TB) {
	t.Helper()
	send := o.sender(t)
	object := func(fields map[string]string) string {
		var all []string
		for name, value := range fields {
			all = append(all, fmt.Sprintf(`%s:{"value":%s,"dataType":%[3]s,"units":%[3]s}`, quoted(name), value, quoted(markup)))
		}
		return "{" + strings.Join(all, ",") + "}"
	}
	long := make([]string, 10_000)
	for i := range long {
		long[i] = fmt.Sprintf("%d.5", i)
	}
	odd := object(map[string]string{
		markup: quoted(markup), "__proto__": "1", "constructor": `"x"`, "a/b,c[3]%": "42", "nan": "NaN", "infinity": "-Infinity", "null": "null",
		"large": "9223372036854775807", "long": "[" + strings.Join(long, ",") + "]", "text": quoted(strings.Repeat("long text ", 2000)),
		"nested": `{"a":[1,{"b":` + quoted(markup) + `}]}`, "mixed": `[1,"two",null,NaN]`, "empty": "[]", "yes": "true", "name": quoted("Zoë 望遠鏡 \u202eabc"),
	})
	for _, csc := range []string{markup, "Odd", "__proto__", "With-Hyphen", "A:B"} {
		name := quoted(csc)
		send(fmt.Sprintf(`{"category":"telemetry","data":[{"csc":%s,"salindex":1,"data":{"odd":%s,%s:{"x":{"value":1}}}}]}`, name, odd, quoted(markup)))
		send(fmt.Sprintf(`{"category":"telemetry","data":[{"csc":%s,"salindex":1,"data":{"bare":[1,2],"text":"text","number":3}}]}`, name))
		send(fmt.Sprintf(`{"category":"event","data":[{"csc":%s,"salindex":1,"data":{"summaryState":[{"summaryState":{"value":77}}],"errorCode":[{"errorCode":{"value":6},"errorReport":{"value":%s}}]}}]}`, name, quoted(markup)))
	}
}

func TestHostile_NamesAndValuesNeverBecomeMarkup(t *testing.T) {
	o := newObservatory(t)
	o.publishHostile(t)
	p := newBrowser(t).openAs("cmd_user", o.URL)
	for _, csc := range []string{markup, "__proto__", "With-Hyphen", "A:B"} {
		p.until("the tile of "+csc, tile(csc+":1")+`?.innerText.includes('error 6') && `+tile(csc+":1")+`.innerText.includes('state 77')`)
		p.eval(tile(csc+":1") + `.firstElementChild.click()`)
		p.waitText("h1", csc)
		p.waitText(".field-row", "9223372036854775807")
		p.waitText(".field-row", "NaN")
		p.waitText(".stream[aria-label=bare]", "1, 2")
		p.waitText(".field-row", "10 000 elements")
		require.Contains(t, p.text(".component-streams"), markup)
		p.goTo("#/observatory")
		p.wait(".tile")
	}
	p.goTo("#/observatory/Odd:1")
	p.waitText(".field-row", "10 000 elements")
	p.click(`[aria-label="Elements of long"]`)
	p.typeInto(".from-index input", "9998")
	p.waitText(".element-list", "9999.5")
	for i, field := range []string{"long 9999", "a/b,c[3]%", "__proto__", "nan", "large"} {
		plot := `[aria-label="Plot odd ` + field + `"]`
		p.wait(plot)
		p.eval(`document.querySelector(` + quoted(plot) + `).click()`) // wherever it is by now
		p.until("its entry in the plot", fmt.Sprintf(`document.querySelectorAll('.entry').length === %d`, i+1))
	}
	p.eval(`scrollTo(0, 0)`)
	p.until("their values", `[...document.querySelectorAll('.entry')].map((e) => e.querySelector('.entry-value').firstChild.textContent).join(' ') === '9999.5 42 1 NaN 9223372036854775807'`)
	p.reload()
	p.until("the same from the address", `[...document.querySelectorAll('.entry')].map((e) => e.querySelector('.entry-value').firstChild.textContent).join(' ') === '9999.5 42 1 NaN 9223372036854775807'`)
	p.look("odd")
	p.goTo("#/plots?p=%E0%A4%A&p=a,b&p=ATDome:0/position/nothing&p=<b>:0/x/y&span=-3&from=x&to=1e99")
	p.waitText(".plot", "position")
	p.goTo("#/observatory/Nobody:1")
	p.waitText("main", "Nothing has been published by Nobody:1")
	require.Nil(t, p.eval(`window.pwned`))
	require.Zero(t, p.eval(`document.querySelectorAll('img, main script').length`))
}

// TestClock_AWrongOneOfTheBrowserChangesNothing sets the browser's clock seven hours back.
func TestClock_AWrongOneOfTheBrowserChangesNothing(t *testing.T) {
	o := newObservatory(t)
	p := newBrowser(t).open("about:blank")
	wrong := `{ const N = Date.now; const D = Date; Date.now = () => N() - 7 * 3600e3;
		window.Date = class extends D { constructor(...a) { a.length ? super(...a) : super(D.now()); } }; window.Date.now = D.now; }`
	_, err := chromedp.Call(p.ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: wrong})
	require.NoError(t, err)
	p.run(chromedp.Navigate(o.URL + "/#/observatory/ATDome:0?span=60&p=" + azimuth))
	p.logIn("user", "user")
	p.until("values", `!Number.isNaN(`+legend+`)`)
	p.waitText(".component-head", "heartbeat now")
	_, rows := p.savedCSV()
	require.NotEmpty(t, rows)
	var last string
	require.NoError(t, json.Unmarshal([]byte(quoted(rows[len(rows)-1][0])), &last))
	require.Regexp(t, `^20\d\d-`, last)
	require.True(t, p.eval(`Math.abs(Date.parse(`+quoted(last)+`) - Date.now() - 7 * 3600e3) < 60e3`).(bool), "%s is by the manager's clock", last)
}
