package browsertest_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"
)

const azimuth = "ATDome:0/position/azimuthPosition"

// token logs in to a manager without a browser.
func (o *observatory) token(t testing.TB, user string) string {
	t.Helper()
	r, err := http.PostForm(o.URL+"/manager/api/get-token/", url.Values{"username": {user}, "password": {user}})
	require.NoError(t, err)
	defer func() { require.NoError(t, r.Body.Close()) }()
	var session struct{ Token string }
	require.NoError(t, json.NewDecoder(r.Body).Decode(&session))
	return session.Token
}

// ask calls the HTTP API as a user; with a body it is a POST.
func (o *observatory) ask(t testing.TB, user, path, body string, answer any) {
	t.Helper()
	method := http.MethodGet
	if body != "" {
		method = http.MethodPost
	}
	r, err := http.NewRequest(method, o.URL+"/manager/api/"+path, strings.NewReader(body))
	require.NoError(t, err)
	r.Header.Set("Authorization", "Token "+o.token(t, user))
	r.Header.Set("Content-Type", "application/json")
	a, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer func() { require.NoError(t, a.Body.Close()) }()
	if a.StatusCode == http.StatusNotFound {
		return // nothing is known of it yet
	}
	require.Equal(t, http.StatusOK, a.StatusCode, path)
	if answer != nil {
		require.NoError(t, json.NewDecoder(a.Body).Decode(answer))
	}
}

// moveDome moves the dome of the AuxTel to an azimuth in degrees.
func (o *observatory) moveDome(t testing.TB, azimuth float64) {
	t.Helper()
	o.ask(t, "cmd_user", "cmd/", fmt.Sprintf(`{"csc": "ATDome", "salindex": 0, "cmd": "cmd_moveAzimuth", "params": {"azimuth": %g}}`, azimuth), nil)
}

// domeAzimuth returns what is recorded of the dome's azimuth since a time, sample by sample.
func (o *observatory) domeAzimuth(t testing.TB, from, to time.Time) (times []time.Time, values []float64) {
	t.Helper()
	var answer struct {
		Series []struct {
			Samples []struct {
				Time  time.Time
				Value float64
			}
		}
	}
	q := url.Values{"csc": {"ATDome"}, "topic": {"position"}, "field": {"azimuthPosition"}, "points": {"50000"},
		"from": {from.Format(time.RFC3339Nano)}, "to": {to.Format(time.RFC3339Nano)}}
	o.ask(t, "user", "history/series/?"+q.Encode(), "", &answer)
	for _, series := range answer.Series {
		for _, s := range series.Samples {
			times, values = append(times, s.Time), append(values, s.Value)
		}
	}
	return times, values
}

// saved clicks something that saves a file, and returns the file as a text.
func (p *tab) saved(what string) string {
	p.t.Helper()
	p.eval(`(() => { const make = URL.createObjectURL; URL.createObjectURL = (b) => { window.savedByTest = b; URL.createObjectURL = make; return make.call(URL, b); }; window.savedByTest = undefined; })()`)
	p.clickText(what)
	p.until("a file", `window.savedByTest`)
	text, ok := p.eval(`window.savedByTest.text()`).(string)
	require.True(p.t, ok)
	return text
}

// savedCSV saves a plot as CSV, and returns its head and its rows.
func (p *tab) savedCSV() (head []string, rows [][]string) {
	p.t.Helper()
	all, err := csv.NewReader(strings.NewReader(p.saved("CSV"))).ReadAll()
	require.NoError(p.t, err)
	require.NotEmpty(p.t, all)
	return all[0], all[1:]
}

// legend is the value of the only field of a plot, in its legend.
const legend = `Number(document.querySelector('.entry-value').firstChild.textContent.replace('−', '-'))`

func TestComponent_ShowsItsFieldsAsTheyChange(t *testing.T) {
	o := newObservatory(t)
	p := newBrowser(t).openAs("user", o.URL+"/#/observatory/ATDome:0")
	row := `[...document.querySelectorAll('.field-row')].find((e) => e.querySelector('.mono').innerText === 'azimuthPosition')`
	p.until("the row of the azimuth", row)
	p.until("its value, unit and description", `/\d/.test(`+row+`.querySelector('.value').innerText) && `+row+`.innerText.includes('deg') && `+row+`.innerText.includes('Azimuth.')`)
	require.Empty(t, p.text("aside"), "who may not command sees no commands")
	var now []float64
	require.Eventually(t, func() bool { // the archive has it after a second
		_, now = o.domeAzimuth(t, time.Now().Add(-time.Minute), time.Now())
		return len(now) > 0
	}, 30*time.Second, 100*time.Millisecond)
	o.moveDome(t, now[len(now)-1]+90)
	value := p.eval(row + `.querySelector('.value').innerText`)
	p.until("a change", row+`.querySelector('.value').innerText !== `+quoted(value.(string)))
	p.until("its spark line", row+`.querySelector('path[data-part=spark]').getAttribute('d')?.includes('L')`)
	p.look("component")
	p.typeInto(".stream-filter input", "dropout")
	p.until("fewer rows", `!(`+row+`) && document.querySelector('main').innerText.includes('dropoutDoorOpeningPercentage')`)
	require.Equal(t, "#/observatory/ATDome:0?q=dropout", p.eval(`location.hash`))
}

func TestPlot_BeginsWithThePastAndGoesOnWithoutASeam(t *testing.T) {
	o := newObservatory(t)
	began := time.Now()
	require.Eventually(t, func() bool { // there is a past
		_, v := o.domeAzimuth(t, began, time.Now())
		return len(v) > 4
	}, patience, 100*time.Millisecond)
	_, v := o.domeAzimuth(t, began, time.Now())
	o.moveDome(t, v[0]+150) // so that each sample is another
	p := newBrowser(t).openAs("user", o.URL+"/#/observatory/ATDome:0?span=300")
	p.click(`[aria-label="Plot position azimuthPosition"]`)
	p.wait(".plot canvas")
	opened := time.Now()
	require.Contains(t, p.eval(`location.hash`), "p="+azimuth)
	require.Eventually(t, func() bool { return time.Since(opened) > 4*time.Second }, patience, 100*time.Millisecond)
	p.until("values", `!Number.isNaN(`+legend+`)`)
	head, rows := p.savedCSV()
	require.Equal(t, []string{"time (UTC)", azimuth + " (deg)"}, head)
	first, err := time.Parse(time.RFC3339, rows[0][0])
	require.NoError(t, err)
	require.True(t, first.Before(opened.Add(-3*time.Second)), "it begins before it was opened")
	var got []string
	last := ""
	for _, r := range rows {
		require.Less(t, last, r[0], "the times run forward")
		last, got = r[0], append(got, r[1])
	}
	require.Eventually(t, func() bool {
		_, v := o.domeAzimuth(t, first.Add(-time.Millisecond), time.Now())
		var want []string
		for _, f := range v {
			b, err := json.Marshal(f)
			require.NoError(t, err)
			want = append(want, string(b))
		}
		if len(want) < len(got) {
			return false // not written yet
		}
		require.Equal(t, want[:len(got)], got, "each sample once, in order")
		return true
	}, patience, 100*time.Millisecond)
	p.look("plot")
}

func TestPlot_ZoomPauseAndALinkThatOpensTheSame(t *testing.T) {
	o := newObservatory(t)
	b := newBrowser(t)
	p := b.openAs("user", o.URL+"/#/plots?p="+azimuth+"&span=60")
	p.wait(".plot canvas")
	p.until("values", `!Number.isNaN(`+legend+`)`)
	p.clickText("Pause")
	p.wait(".held")
	held := p.text(".held")
	link, ok := p.eval(`location.href`).(string)
	require.True(t, ok)
	require.Regexp(t, `#/plots\?p=ATDome:0/position/azimuthPosition&span=60&from=\d+&to=\d+$`, link)
	other := b.open(link)
	other.logIn("user", "user")
	other.waitText(".held", held)
	other.until("values there, too", `!Number.isNaN(`+legend+`)`)

	span := func() float64 {
		return p.eval(`(() => { const q = new URLSearchParams(location.hash.split('?')[1]); return q.get('to') - q.get('from'); })()`).(float64)
	}
	before := span()
	p.eval(`document.querySelector('.plot-keys').focus()`)
	p.keys("+")
	p.until("a closer look", `document.querySelector('.held').innerText !== `+quoted(held))
	require.InDelta(t, before/2, span(), 2)
	p.keys("-", " ")
	p.waitGone(".held")
	p.keys(kb.ArrowLeft)
	p.waitText(".cursor-time", "UTC")
	// Drag over the middle half of the plot.
	drag := `(() => { const o = document.querySelector('.u-over'); const r = o.getBoundingClientRect();
		const at = (type, part, target) => target.dispatchEvent(new MouseEvent(type, {bubbles: true, cancelable: true, view: window, button: 0, buttons: 1, movementX: 9, clientX: r.left + r.width * part, clientY: r.top + 40}));
		at('mousemove', .25, o); at('mousedown', .25, o); at('mousemove', .5, o); at('mousemove', .75, o); at('mouseup', .75, document); })()`
	p.eval(drag)
	p.wait(".held")
	require.Less(t, span(), 45_000.0)
	p.clickText("Live")
	p.waitGone(".held")
	p.clickText("5 min")
	p.until("the span in the address", `location.hash.includes('span=300')`)
	require.Equal(t, "\x89PNG", "\x89"+strings.TrimPrefix(p.saved("PNG")[:6], "\uFFFD")[:3])
}

func TestBoards_AreKeptAndTakenToAnotherBrowser(t *testing.T) {
	o := newObservatory(t)
	b := newBrowser(t)
	p := b.openAs("user", o.URL+"/#/plots")
	p.waitText("main", "No plot yet.")
	p.look("plots-empty")
	p.typeInto(".adder input", "ATDome azimuthPosition")
	p.click(".added li:first-child button")
	p.typeInto(".adder input", "ATDome mainDoor")
	p.click(".added li:first-child button")
	p.until("two fields in one plot", `document.querySelectorAll('.plot').length === 1 && document.querySelectorAll('.entry').length === 2`)
	p.typeInto(".adder input", "ESS pressure")
	p.click(".added li:first-child button")
	p.until("a third unit in another plot", `document.querySelectorAll('.plot').length === 2`)
	p.clickText("Keep as a board")
	p.typeInto("dialog[open] input[name=board]", "Dome <b>night</b>")
	p.keys(kb.Enter)
	p.waitText(".boards", "Dome <b>night</b>")
	p.look("plots")
	p.click(".toast .close") // it lies over the button
	p.waitGone(".toast")
	file := p.saved("Export")
	p.goTo("#/plots")
	p.waitText("main", "No plot yet.")
	p.clickText("Dome <b>night</b>")
	p.until("its plots", `document.querySelectorAll('.plot').length === 2`)
	p.click(`[aria-label="Remove the board Dome <b>night</b>"]`)
	p.clickText("Remove")
	p.waitText("main", "No board yet")
	take := func(text string) {
		p.eval(`(() => { const d = new DataTransfer(); d.items.add(new File([` + quoted(text) + `], 'boards.json')); const i = document.querySelector('input[type=file]');
			i.files = d.files; i.dispatchEvent(new Event('change', {bubbles: true})); })()`)
	}
	take(file)
	p.waitText(".boards", "Dome <b>night</b>")
	take(`{"boards": 3}`)
	p.waitText(".toasts", "boards.json cannot be taken: it is not a file with boards")
}
