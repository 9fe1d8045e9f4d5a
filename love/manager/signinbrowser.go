package manager

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/rubin-love/love-go/love/auth"
)

// proves reports whether a program is the one that began: the challenge is the hash of its
// verifier (PKCE).
func proves(verifier, challenge string) bool {
	sum := sha256.Sum256([]byte(verifier))
	return challenge != "" && subtle.ConstantTimeCompare([]byte(base64.RawURLEncoding.EncodeToString(sum[:])), []byte(challenge)) == 1
}

// isSecure reports whether browsers reach the manager by HTTPS.
func (m *Manager) isSecure() bool {
	return strings.HasPrefix(m.config.SignIn.Info().PublicURL, "https://")
}

// publicOrigin returns the origin of the manager's own pages.
func (m *Manager) publicOrigin() string {
	u, err := url.Parse(m.config.SignIn.Info().PublicURL)
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// cookieName returns the name of a cookie. With the prefix browsers take it from this host
// only, not from another one of the same domain.
func (m *Manager) cookieName(purpose string) string {
	if m.isSecure() {
		return "__Host-love-" + purpose
	}
	return "love-" + purpose
}

func (m *Manager) setCookie(c *call, purpose, value string, lifetime time.Duration, site http.SameSite) {
	http.SetCookie(c.writer, &http.Cookie{
		Name: m.cookieName(purpose), Value: value, Path: "/", MaxAge: int(lifetime.Seconds()),
		Secure: m.isSecure(), HttpOnly: true, SameSite: site,
	})
}

// takeCookie returns a cookie, "" if there is none, and removes it from the browser.
func (m *Manager) takeCookie(c *call, purpose string) string {
	all := c.CookiesNamed(m.cookieName(purpose))
	if len(all) == 0 {
		return ""
	}
	http.SetCookie(c.writer, &http.Cookie{Name: m.cookieName(purpose), Path: "/", MaxAge: -1, Secure: m.isSecure(), HttpOnly: true})
	if len(all) > 1 {
		return "" // which one counts is not defined
	}
	return all[0].Value
}

// notBegun answers a browser that comes back from an attempt that it did not begin here.
func (m *Manager) notBegun(c *call, why error) answer {
	m.config.Logger.Debug("a sign-in came back that was not begun", "reason", why, "address", auth.Address(c.Request))
	return m.failurePage(http.StatusBadRequest, "This sign-in was not begun in this browser, took longer than ten minutes, or has been used already.")
}

// signInFailed answers a browser whose sign-in was refused or could not be checked.
func (m *Manager) signInFailed(c *call, err error) answer {
	if many, ok := errors.AsType[*auth.TooManyTriesError](err); ok {
		refusal, _ := errors.AsType[*refusal](tooManyLogIns(many))
		page := m.failurePage(http.StatusTooManyRequests, refusalText(refusal))
		page.Header.Set("Retry-After", refusal.Header.Get("Retry-After"))
		return page
	}
	if refused, ok := errors.AsType[*auth.SignInError](err); ok {
		return m.failurePage(http.StatusForbidden, refused.Reason)
	}
	m.outages.signIns.Failed(m.config.Clock.Now(), err)
	return m.failurePage(http.StatusServiceUnavailable, m.config.SignIn.Info().Name+" cannot be asked at the moment. Try again in a moment, or log in with a user name and a password of this manager.")
}

// isFrontend reports whether a path is of the LOVE-frontend rather than of our page.
func (m *Manager) isFrontend(path string) bool {
	return m.config.Frontend != nil && !strings.HasPrefix(path, m.config.URLPrefix+"/page/")
}

// frontendPage fetches the token for the LOVE-frontend, which does not know of sign-ins, and
// leaves it where that looks for it when it starts.
var frontendPage = template.Must(template.New("").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Sign-in · LOVE</title>
<style nonce="{{.Nonce}}">` + pageStyle + `</style></head><body><main><p role="status">Signing in …</p></main>
<script nonce="{{.Nonce}}">
(async () => {
  try {
    const answer = await fetch({{.Token}}, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{}', credentials: 'same-origin' });
    const session = await answer.json();
    if (!answer.ok) throw new Error(session.detail);
    localStorage.setItem('LOVE-TOKEN', session.token);
    location.replace({{.Next}});
  } catch (e) {
    document.querySelector('main').innerText = 'You are not signed in. ' + e.message;
  }
})();
</script></body></html>
`))

const pageStyle = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { margin: 0; min-height: 100vh; display: grid; place-items: center }
main { max-width: 26rem; padding: 1.75rem; margin: 1rem; border: 1px solid color-mix(in srgb, currentcolor 25%, transparent); border-radius: 8px }
h1 { font-size: 1.3rem; margin: 0 0 .5rem }
nav { display: flex; gap: 1.5rem; margin-top: 1.5rem }
`

func (m *Manager) frontendPage(next string) answer {
	return htmlPage(http.StatusOK, frontendPage, map[string]string{"Next": next, "Token": m.config.URLPrefix + "/manager/api/oidc/token/"})
}

// htmlPage answers with a page that nothing of elsewhere is part of. Its template gets a
// Nonce beside the values.
func htmlPage(status int, page *template.Template, values map[string]string) answer {
	nonce := rand.Text()
	values["Nonce"] = nonce
	var body bytes.Buffer
	if err := page.Execute(&body, values); err != nil {
		panic(err) // a buffer takes everything
	}
	policy := "default-src 'none'; style-src 'nonce-" + nonce + "'; script-src 'nonce-" + nonce + "'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	return answer{Status: status, Raw: body.Bytes(), Header: http.Header{
		"Content-Type": {"text/html; charset=utf-8"}, "Content-Security-Policy": {policy}, "Referrer-Policy": {"no-referrer"},
	}}
}

// failurePage is what a person sees whose sign-in has failed.
var failurePage = template.Must(template.New("").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Sign-in · LOVE</title>
<style nonce="{{.Nonce}}">` + pageStyle + `</style></head><body><main><h1>You are not signed in</h1><p role="alert">{{.Text}}</p>
<nav><a href="{{.Again}}">Sign in with {{.Name}} again</a><a href="{{.Page}}">To the page</a></nav></main></body></html>
`))

func (m *Manager) failurePage(status int, text string) answer {
	return htmlPage(status, failurePage, map[string]string{
		"Text": text, "Name": m.config.SignIn.Info().Name,
		"Again": m.config.URLPrefix + "/manager/api/oidc/login", "Page": m.config.URLPrefix + "/",
	})
}
