package browsertest_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

var themes = []string{"light", "dark"}

// frames waits until some frames have been drawn.
const frames = `(async () => { for (let i = 0; i < 4; i++) await new Promise(requestAnimationFrame); })()`

// look checks what the page shows at present, in both themes: that axe-core has no serious
// finding, and that nothing is wider than the screen of a phone. With LOVE_SHOTS, a folder, it
// also writes a screenshot of each size in each theme there, under that name. It leaves the
// page as it was.
func (p *tab) look(name string) {
	p.t.Helper()
	for i, theme := range themes {
		p.setTheme(theme)
		rules := allRules
		if i > 0 {
			rules = colourRules // the rest is the same in each theme
		}
		p.requireAccessible(name+", "+theme, rules)
		p.shoot(name, theme)
	}
	p.resize(sizes[0])
	p.eval(frames) // what measures itself, such as a plot, does so in the next ones
	wider := p.eval(`[...document.querySelectorAll('body *')].filter((e) => e.getBoundingClientRect().right > innerWidth + 1 && e.checkVisibility({contentVisibilityAuto: true}) &&
		!e.closest('.table-scroll, nav, pre, .scroll, .unseen, .skip')).map((e) => e.outerHTML.slice(0, 120)).slice(0, 3)`)
	require.Empty(p.t, wider, "%s: parts of the page are wider than a phone", name)
	p.resize(sizes[1])
	p.eval(`delete document.documentElement.dataset.theme`)
}

// shoot writes screenshots if they are wanted.
func (p *tab) shoot(name, theme string) {
	p.t.Helper()
	dir := os.Getenv("LOVE_SHOTS")
	if dir == "" {
		return
	}
	require.NoError(p.t, os.MkdirAll(dir, 0o755))
	for _, s := range sizes {
		p.resize(s)
		p.eval(frames)
		png, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
		require.NoError(p.t, err)
		require.NoError(p.t, os.WriteFile(filepath.Join(dir, fmt.Sprintf("%s-%s-%s.png", name, s.name, theme)), png, 0o644))
	}
	p.resize(sizes[1])
}

// finding is what axe-core has found.
type finding struct {
	ID     string `json:"id"`
	Impact string `json:"impact"`
	Help   string `json:"help"`
	Nodes  []struct {
		HTML           string `json:"html"`
		FailureSummary string `json:"failureSummary"`
	} `json:"nodes"`
}

// What axe-core is to check, as members of its options.
const (
	allRules    = ``
	colourRules = `runOnly: ['color-contrast', 'link-in-text-block']`
)

// requireAccessible fails for findings of axe-core that are serious or critical.
func (p *tab) requireAccessible(what, rules string) {
	p.t.Helper()
	if p.eval(`typeof axe`) != "object" {
		axe, err := os.ReadFile("../testdata/axe/axe.min.js")
		require.NoError(p.t, err)
		// As a developer's tools do, which no content security policy keeps from it.
		_, err = evaluate[any](p.ctx, string(axe)+"; null")
		require.NoError(p.t, err)
	}
	text, err := evaluate[string](p.ctx, `axe.run(document, {resultTypes: ['violations'], `+rules+`}).then((r) => JSON.stringify(r.violations))`)
	require.NoError(p.t, err)
	var found []finding
	require.NoError(p.t, json.Unmarshal([]byte(text), &found))
	for _, f := range found {
		if f.Impact != "serious" && f.Impact != "critical" {
			continue
		}
		var where []string
		for _, n := range f.Nodes {
			where = append(where, n.HTML+"\n    "+strings.ReplaceAll(n.FailureSummary, "\n", "\n    "))
		}
		p.t.Errorf("%s: axe-core: %s (%s, %s):\n  %s", what, f.Help, f.ID, f.Impact, strings.Join(where, "\n  "))
	}
}
