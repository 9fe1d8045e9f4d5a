package oidctest

import (
	"context"
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// tab is a page in Chromium.
type tab struct {
	t   *testing.T
	ctx context.Context
}

func newTab(t *testing.T) *tab {
	t.Helper()
	path := os.Getenv("LOVE_TEST_CHROMIUM")
	if path == "" {
		t.Skip("LOVE_TEST_CHROMIUM is not set: give the path of a Chromium")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.UserDataDir(t.TempDir()), chromedp.Flag("lang", "en"))
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	require.NoError(t, chromedp.Do(ctx))
	return &tab{t, ctx}
}

func (p *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, testTimeout)
	defer cancel()
	require.NoError(p.t, chromedp.Do(ctx, actions...))
}

func (p *tab) eval(expression string) string {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, testTimeout)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](expression, chromedp.EvalAwaitPromise))
	require.NoError(p.t, err)
	return text
}

// waitText waits until the page shows a text.
func (p *tab) waitText(text string) {
	p.t.Helper()
	quoted, err := json.Marshal(text)
	require.NoError(p.t, err)
	for end := time.Now().Add(testTimeout); ; time.Sleep(30 * time.Millisecond) {
		ctx, cancel := context.WithTimeout(p.ctx, testTimeout)
		found, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`document.body?.innerText.includes(`+string(quoted)+`) ?? false`))
		cancel()
		if err == nil && found {
			return
		}
		if time.Now().After(end) {
			p.t.Fatalf("waited for %q; the page shows %s", text, p.eval("document.body.innerText"))
		}
	}
}

// click clicks an element.
func (p *tab) click(selector string) {
	p.t.Helper()
	p.do(chromedp.Click(chromedp.CSS(selector), chromedp.NodeVisible))
}

func (p *tab) typeInto(selector, text string) {
	p.t.Helper()
	p.eval(`(document.querySelector(` + "`" + selector + "`" + `).focus(), '')`)
	p.do(chromedp.KeyEvent(text))
}

// shoot writes a screenshot if they are wanted.
func (p *tab) shoot(name string) {
	p.t.Helper()
	dir := os.Getenv("LOVE_SHOTS")
	if dir == "" {
		return
	}
	png, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
	require.NoError(p.t, err)
	require.NoError(p.t, os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644))
}

func TestThePageOffersTheSignInAndTakesIt(t *testing.T) {
	p := newTab(t)
	s := startSite(t)
	p.do(chromedp.EmulateViewport(1000, 800), chromedp.Navigate(s.url+"/#/about?x=1"))
	p.waitText("Sign in with the site")
	p.shoot("log-in")
	p.click("a.button")
	p.waitText("Password")
	p.typeInto("#username", "ada")
	p.typeInto("#password", "ada's secret")
	p.click("button")
	p.waitText("Log out")
	p.waitText("ada")
	p.shoot("signed-in")
	at, err := url.Parse(p.eval("location.href"))
	require.NoError(t, err)
	require.Empty(t, at.RawQuery, "loading the page again must not try it again")
	require.Equal(t, "/about?x=1", at.Fragment)
	require.Equal(t, "", p.eval("document.cookie"), "scripts see no cookie")
	p.do(chromedp.Reload())
	p.waitText("Log out")
	p.click("header .button")
	p.waitText("You have logged out.")
	require.NotContains(t, s.log.String(), p.eval("String(Object.values(sessionStorage))+'x'"))

	p.do(chromedp.Navigate(s.url + "/manager/api/oidc/callback?state=x&code=y"))
	p.waitText("You are not signed in")
	p.shoot("refused")
	p.click("nav a:last-child")
	p.waitText("Sign in with the site")
	p.do(chromedp.Navigate(s.url + "/?signin=done"))
	p.waitText("The sign-in has expired, was used already, or was not begun here.")
	p.shoot("no-sign-in")
}

func TestTheFrontendFindsTheTokenOfASignIn(t *testing.T) {
	p := newTab(t)
	built := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(built, "index.html"), []byte("<!doctype html><title>frontend</title><p>the frontend</p>"), 0o644))
	s := startSite(t, "--frontend", built)
	p.do(chromedp.Navigate(s.url + "/manager/api/oidc/login?next=" + url.QueryEscape("/uif/view?id=1")))
	p.waitText("Password")
	p.typeInto("#username", "ada")
	p.typeInto("#password", "ada's secret")
	p.click("button")
	p.waitText("the frontend")
	require.Equal(t, s.url+"/uif/view?id=1", p.eval("location.href"))
	status, body := s.call("GET", "validate-token/", "Token "+p.eval("localStorage.getItem('LOVE-TOKEN')"))
	require.Equal(t, 200, status)
	require.Contains(t, body, `"username":"ada"`)
}
