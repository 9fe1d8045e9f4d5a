package browsertest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"
)

// patience bounds every wait for something on the page.
const patience = 30 * time.Second

// shared is the Chromium of all tests: to start one takes the processor longer than many a test
// does. TestMain ends it.
var shared struct {
	ctx context.Context
	end func()
}

// browser is what a person's browser is to the page: its tabs share what the browser keeps, such as
// localStorage and the cache, and other browsers do not.
type browser struct {
	t   testing.TB
	ctx context.Context
}

// newBrowser returns a browser that has kept nothing and ends with the test.
func newBrowser(t testing.TB) *browser {
	t.Helper()
	if program := chromium(t); shared.ctx == nil {
		options := append(chromedp.DefaultExecAllocatorOptions[:],
			chromedp.ExecPath(program), chromedp.NoSandbox, chromedp.Flag("force-color-profile", "srgb"), chromedp.Flag("lang", "en"),
		)
		allocator, endAllocator := chromedp.NewExecAllocator(context.Background(), options...)
		ctx, cancel := chromedp.NewContext(allocator)
		end := func() {
			ctx, stop := context.WithTimeout(ctx, patience)
			defer stop()
			_ = chromedp.Cancel(ctx) // by itself it removes its files; if it does not, it is killed
			cancel()
			endAllocator()
		}
		if err := chromedp.Do(ctx); err != nil {
			end()
			t.Fatalf("starting Chromium: %v", err)
		}
		shared.ctx, shared.end = ctx, end
	}
	ctx, cancel := chromedp.NewContext(shared.ctx, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	require.NoError(t, chromedp.Do(ctx))
	return &browser{t, ctx}
}

// tab is a page in a tab of its own. Each of its methods fails the test if it cannot do its
// work within [patience], and says what the page shows then.
type tab struct {
	t   testing.TB
	ctx context.Context
	url string

	mu       sync.Mutex
	problems []string
	expected []string // parts of the texts of problems that are no failures
}

// size is that of a screen.
type size struct {
	name          string
	width, height int64
}

var sizes = []size{{"phone", 390, 844}, {"desk", 1280, 800}, {"wall", 1920, 1080}}

// open opens a URL in a new tab of 1280×800. When the test ends, everything that the browser
// has complained of meanwhile is a failure: errors on the console, exceptions, breaches of
// the content security policy, unless [tab.expect] named them.
func (b *browser) open(url string) *tab {
	b.t.Helper()
	return b.openWith(url, "")
}

// openWith is open with a script that runs before those of the page.
func (b *browser) openWith(url, script string) *tab {
	b.t.Helper()
	ctx, cancel := chromedp.NewContext(b.ctx)
	p := &tab{t: b.t, ctx: ctx, url: url}
	b.t.Cleanup(func() {
		cancel()
		p.requireNoProblems()
	})
	require.NoError(b.t, chromedp.Listen(ctx, p.listen))
	_, err := chromedp.Call(ctx, log.Enable, cdp.Empty{})
	require.NoError(b.t, err)
	_, err = chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: "light"}, {Name: "prefers-reduced-motion", Value: "reduce"},
	}})
	require.NoError(b.t, err)
	_, err = chromedp.Call(ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: script})
	require.NoError(b.t, err)
	p.resize(sizes[1])
	p.run(chromedp.Navigate(url))
	return p
}

// openAs opens the page of a manager, or a part of it such as "#/hub", and logs in.
func (b *browser) openAs(user, url string) *tab {
	b.t.Helper()
	p := b.open(url)
	p.logIn(user, user)
	p.wait("nav")
	return p
}

func (p *tab) logIn(user, password string) {
	p.t.Helper()
	p.typeInto("input[name=username]", user)
	p.typeInto("input[name=password]", password)
	p.click("button[type=submit]")
}

// listen collects what the browser complains of.
func (p *tab) listen(event any) {
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning {
			var texts []string
			for _, a := range e.Args {
				texts = append(texts, strings.Trim(string(a.Value), `"`)+a.Description)
			}
			p.complain(strings.Join(texts, " "))
		}
	case *runtime.EventExceptionThrown:
		text := e.ExceptionDetails.Text
		if e.ExceptionDetails.Exception != nil {
			text += " " + e.ExceptionDetails.Exception.Description
		}
		p.complain(text)
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError || e.Entry.Level == log.EntryLevelWarning {
			p.complain(e.Entry.Text + " " + e.Entry.URL)
		}
	}
}

func (p *tab) complain(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.problems = append(p.problems, text)
}

// expect names parts of the texts of complaints that the test causes, such as "401
// (Unauthorized)".
func (p *tab) expect(parts ...string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.expected = append(p.expected, parts...)
}

func (p *tab) requireNoProblems() {
	p.mu.Lock()
	defer p.mu.Unlock()
complaints:
	for _, text := range p.problems {
		for _, part := range p.expected {
			if strings.Contains(text, part) {
				continue complaints
			}
		}
		p.t.Errorf("the browser complains: %s", text)
	}
}

// run runs actions.
func (p *tab) run(actions ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		p.fail("%v", err)
	}
}

// fail ends the test with what the page shows.
func (p *tab) fail(format string, args ...any) {
	p.t.Helper()
	p.t.Fatalf("%s\nThe page shows:\n%s\nThe browser complains of: %q", fmt.Sprintf(format, args...), p.text("body"), p.problems)
}

// resize changes the size of the screen.
func (p *tab) resize(s size) {
	p.t.Helper()
	p.run(chromedp.EmulateViewport(s.width, s.height))
}

// evaluate evaluates an expression, and waits for a promise.
func evaluate[T any](ctx context.Context, expression string) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

// eval evaluates an expression, waits for a promise, and returns the result as JSON has it.
func (p *tab) eval(expression string) (result any) {
	p.t.Helper()
	text, err := evaluate[string](p.ctx, `(async () => JSON.stringify((await (`+expression+`)) ?? null))()`)
	if err != nil {
		p.fail("%s: %v", expression, err)
	}
	require.NoError(p.t, json.Unmarshal([]byte(text), &result))
	return result
}

// until waits until an expression is true. what says what is waited for.
func (p *tab) until(what, expression string) {
	p.t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(30 * time.Millisecond) {
		done, err := evaluate[bool](p.ctx, `(() => !!(`+expression+`))()`)
		switch {
		case done:
			return
		case time.Now().After(end):
			p.fail("waited for %s: %v", what, err)
		}
	}
}

// quoted returns a text as JavaScript.
func quoted(text string) string {
	b, err := json.Marshal(text)
	if err != nil {
		panic(err) // a text cannot fail
	}
	return string(b)
}

// shownText is the text of all elements of a selector, as a person sees it.
func shownText(selector string) string {
	return `[...document.querySelectorAll(` + quoted(selector) + `)].map((e) => e.innerText).join('\n').replace(/[\u00a0\u2009]/g, ' ')`
}

// text returns the text of all elements of a selector.
func (p *tab) text(selector string) string {
	text, err := evaluate[string](p.ctx, shownText(selector))
	if err != nil {
		return err.Error()
	}
	return text
}

// wait waits until there is an element.
func (p *tab) wait(selector string) {
	p.t.Helper()
	p.until("the element "+selector, `document.querySelector(`+quoted(selector)+`)`)
}

// waitGone waits until there is no such element.
func (p *tab) waitGone(selector string) {
	p.t.Helper()
	p.until("the end of the element "+selector, `!document.querySelector(`+quoted(selector)+`)`)
}

// waitText waits until the elements of a selector show a text.
func (p *tab) waitText(selector, text string) {
	p.t.Helper()
	p.until(fmt.Sprintf("the text %q in %s", text, selector), shownText(selector)+`.includes(`+quoted(text)+`)`)
}

// click clicks an element, where a person would.
func (p *tab) click(selector string) {
	p.t.Helper()
	p.wait(selector)
	p.run(chromedp.Click(chromedp.CSS(selector), chromedp.NodeVisible))
}

// clickText clicks the button, link or tab with that text, or that label for a screen reader.
func (p *tab) clickText(text string) {
	p.t.Helper()
	find := `[...document.querySelectorAll('button, a, [role=tab], summary, label')].find((e) => !e.disabled && e.checkVisibility() &&
		(e.innerText.trim() === ` + quoted(text) + ` || e.getAttribute('aria-label') === ` + quoted(text) + `))`
	p.until("something to click that reads "+text, find)
	p.eval(`(() => { document.querySelectorAll('[data-test-click]').forEach((e) => e.removeAttribute('data-test-click'));
		` + find + `.setAttribute('data-test-click', ''); })()`)
	p.click("[data-test-click]")
}

// typeInto replaces the text of an input.
func (p *tab) typeInto(selector, text string) {
	p.t.Helper()
	// In a dialog that is not open yet, what is typed would go elsewhere when it opens.
	p.until("an input to be seen, "+selector, `document.querySelector(`+quoted(selector)+`)?.checkVisibility()`)
	p.eval(`(() => { const e = document.querySelector(` + quoted(selector) + `); e.focus(); e.select?.(); })()`)
	p.run(chromedp.KeyEvent(kb.Delete), chromedp.KeyEvent(text))
}

// keys presses keys, for instance kb.Tab or kb.Enter.
func (p *tab) keys(keys ...string) {
	p.t.Helper()
	for _, k := range keys {
		p.run(chromedp.KeyEvent(k))
	}
}

// goTo changes the fragment of the address: "#/hub".
func (p *tab) goTo(fragment string) {
	p.t.Helper()
	p.eval(`location.hash = ` + quoted(fragment))
}

// reload loads the page again.
func (p *tab) reload() {
	p.t.Helper()
	p.run(chromedp.Reload())
}

// setTheme shows the page in "light" or "dark".
func (p *tab) setTheme(theme string) {
	p.t.Helper()
	p.eval(`document.documentElement.dataset.theme = ` + quoted(theme))
}
