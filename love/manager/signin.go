package manager

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/rubin-love/love-go/internal/seal"
	"github.com/rubin-love/love-go/love/audit"
	"github.com/rubin-love/love-go/love/auth"
)

const (
	// attemptTime is how long somebody may take at the provider.
	attemptTime = 10 * time.Minute
	// grantTime is how long the page, or a program, may take to fetch the token.
	grantTime = time.Minute
)

// The purposes of what is sealed.
const (
	sealedAttempt = "attempt" // in the browser, from login to callback
	sealedGrant   = "grant"   // in the browser, from callback to token
	sealedCode    = "code"    // at a program on the browser's machine, likewise
	sealedDevice  = "device"  // at a program elsewhere
)

// signIns is what a manager keeps for sign-ins at the provider.
type signIns struct {
	key  func(context.Context) ([]byte, error)
	used onceOnly // attempts and grants
	// polls are the devices about which the provider was asked within their interval.
	polls onceOnly
}

// newSignIns returns what a manager needs; without a key the sign-ins under way end with
// the process.
func newSignIns(c *Config) *signIns {
	s := &signIns{key: c.SignInKey}
	if s.key == nil {
		random := make([]byte, 32)
		rand.Read(random) // never fails
		s.key = func(context.Context) ([]byte, error) { return random, nil }
	}
	return s
}

// signInAttempt is an attempt as the browser keeps it.
type signInAttempt struct {
	auth.SignInAttempt
	Next      string `json:",omitempty"` // a path of this manager, for the page
	Port      int    `json:",omitempty"` // of a program on the browser's machine
	Challenge string `json:",omitempty"` // of that program
}

// grant is a log-in that the provider has confirmed, until its token is fetched.
type grant struct {
	ID        string
	Username  string
	Version   int64
	Challenge string `json:",omitempty"`
}

// checkSignIn returns an error for a sign-in that could not work.
func (c *Config) checkSignIn() error {
	if c.SignIn == nil {
		return nil
	}
	public, err := url.Parse(c.SignIn.Info().PublicURL)
	if err != nil || strings.TrimSuffix(public.Path, "/") != c.URLPrefix {
		return fmt.Errorf("making a manager: the PublicURL %q of the SignIn must end in the URLPrefix %q", c.SignIn.Info().PublicURL, c.URLPrefix)
	}
	if c.Directory == nil {
		return errors.New("making a manager: a SignIn needs a Directory with its users")
	}
	if _, ok := c.Tokens.(auth.LifetimeTokens); !ok && c.SignIn.Info().Session > 0 {
		return fmt.Errorf("making a manager: the SignIn needs tokens that are valid for %v, which %T cannot issue: implement auth.LifetimeTokens", c.SignIn.Info().Session, c.Tokens)
	}
	return nil
}

var errNoSignIn = refuse(http.StatusNotFound, "This manager has no sign-in by an identity provider.")

// signInInfo tells the page whether there is a provider.
func (m *Manager) signInInfo(*call) (answer, error) {
	var info struct {
		Name   *string `json:"name"` // null: there is none
		Login  *string `json:"login"`
		Device bool    `json:"device"`
	}
	if s := m.config.SignIn; s != nil {
		name, login := s.Info().Name, m.config.URLPrefix+"/manager/api/oidc/login"
		info.Name, info.Login = &name, &login
		_, info.Device = s.(auth.DeviceSignIn)
	}
	return answer{Status: http.StatusOK, Body: info}, nil
}

// beginSignIn sends the browser to the provider. The query names the page to return to as
// "next", or a program on the browser's machine by "port" and "challenge".
func (m *Manager) beginSignIn(c *call) (answer, error) {
	if m.config.SignIn == nil {
		return answer{}, errNoSignIn
	}
	attempt, err := m.attemptOf(c)
	if err != nil {
		return answer{}, err
	}
	address, begun, err := m.config.SignIn.Begin(c.Context())
	if err != nil {
		return m.signInFailed(c, err), nil
	}
	attempt.SignInAttempt = begun
	cookie, err := m.sealed(c, sealedAttempt, attempt, attemptTime)
	if err != nil {
		return answer{}, err
	}
	m.setCookie(c, sealedAttempt, cookie, attemptTime, http.SameSiteLaxMode)
	return redirect(address), nil
}

// redirect sends a browser elsewhere, by GET.
func redirect(address string) answer {
	return answer{Status: http.StatusSeeOther, Header: http.Header{"Location": {address}, "Referrer-Policy": {"no-referrer"}}}
}

// attemptOf reads where an attempt is to lead.
func (m *Manager) attemptOf(c *call) (a signInAttempt, err error) {
	q, err := c.query("next", "port", "challenge")
	if err != nil {
		return a, err
	}
	wrong := fieldErrors{}
	if q.Has("port") || q.Has("challenge") {
		a.Port, a.Challenge = number(q.Get("port"), "port", 1, 65535, wrong), q.Get("challenge")
		if len(a.Challenge) != 43 || strings.ContainsFunc(a.Challenge, notBase64URL) {
			wrong["challenge"] = []string{"It has to be a SHA-256 hash in base64url, as by PKCE (S256)."}
		}
		if q.Has("next") {
			wrong["next"] = []string{"It does not go with port."}
		}
	} else if a.Next = q.Get("next"); !m.isOwnPath(&a.Next) {
		wrong["next"] = []string{"It has to be a path of this manager, such as " + m.config.URLPrefix + "/."}
	}
	if len(wrong) > 0 {
		return a, wrong.Refusal()
	}
	return a, nil
}

func notBase64URL(r rune) bool {
	return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '-' || r == '_')
}

// maxNext bounds the path that a sign-in returns to, in bytes.
const maxNext = 1024

// isOwnPath reports whether a browser that is sent to a path stays at this manager. An
// empty one becomes that of the page.
func (m *Manager) isOwnPath(path *string) bool {
	if *path == "" {
		*path = m.config.URLPrefix + "/"
	}
	text := *path
	// Browsers take a backslash for a slash, and skip control characters.
	if len(text) > maxNext || !strings.HasPrefix(text, m.config.URLPrefix+"/") || strings.HasPrefix(text, "//") ||
		strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r == '\\' || r >= 0x7f }) {
		return false
	}
	u, err := url.Parse(text)
	return err == nil && u.Scheme == "" && u.Host == "" && u.User == nil && !strings.Contains(u.Path, "//") && !strings.Contains(u.Path, "..")
}

// finishSignIn is where the provider sends the browser back to.
func (m *Manager) finishSignIn(c *call) (answer, error) {
	if m.config.SignIn == nil {
		return answer{}, errNoSignIn
	}
	var attempt signInAttempt
	text := m.takeCookie(c, sealedAttempt)
	if err := m.open(c, sealedAttempt, text, &attempt); err != nil {
		return m.notBegun(c, err), nil
	}
	q, err := url.ParseQuery(c.URL.RawQuery)
	if err != nil || len(q["state"]) != 1 || subtle.ConstantTimeCompare([]byte(q.Get("state")), []byte(attempt.State)) != 1 {
		return m.notBegun(c, errors.New("another state")), nil
	}
	// Anybody can come back with attempts of their own: what is remembered of them costs a try.
	user, failed := m.signedIn(c, func() (auth.User, error) {
		if !m.signIns.used.take(attempt.State, m.config.Clock.Now(), attemptTime) {
			return auth.User{}, errUsed
		}
		return m.config.SignIn.Finish(c.Context(), attempt.SignInAttempt, q)
	})
	switch {
	case errors.Is(failed, errUsed):
		return m.notBegun(c, failed), nil
	case failed != nil:
		return m.signInFailed(c, failed), nil
	}
	return m.grantToken(c, attempt, user)
}

var errUsed = fmt.Errorf("%w: the attempt was used already", auth.ErrCredentials)

// grantToken lets whoever began the attempt fetch a token. The token itself is in no URL,
// where a log or the browser's history would keep it.
func (m *Manager) grantToken(c *call, attempt signInAttempt, user auth.User) (answer, error) {
	g := grant{ID: rand.Text(), Username: user.Username, Version: user.Version, Challenge: attempt.Challenge}
	if attempt.Port == 0 {
		text, err := m.sealed(c, sealedGrant, g, grantTime)
		if err != nil {
			return answer{}, err
		}
		m.setCookie(c, sealedGrant, text, grantTime, http.SameSiteStrictMode)
		if m.isFrontend(attempt.Next) {
			return m.frontendPage(attempt.Next), nil
		}
		return redirect(withQuery(attempt.Next, "signin=done")), nil
	}
	text, err := m.sealed(c, sealedCode, g, grantTime)
	if err != nil {
		return answer{}, err
	}
	return redirect("http://127.0.0.1:" + strconv.Itoa(attempt.Port) + "/?code=" + text), nil
}

// withQuery adds to the query of a path.
func withQuery(path, add string) string {
	path, fragment, hasFragment := strings.Cut(path, "#")
	if strings.Contains(path, "?") {
		path += "&" + add
	} else {
		path += "?" + add
	}
	if hasFragment {
		path += "#" + fragment
	}
	return path
}

// signInToken answers with the token of a sign-in: to the page, which shows the cookie, or
// to a program with its code and the verifier of its challenge.
func (m *Manager) signInToken(c *call) (answer, error) {
	f, err := c.fields()
	if err != nil {
		return answer{}, err
	}
	if m.config.SignIn == nil {
		return answer{}, errNoSignIn
	}
	if _, program := f["code"]; program {
		return m.tokenForProgram(c, f)
	}
	// Of another page of the same site, the browser would send the cookie, too.
	if origin := c.Header.Get("Origin"); origin != "" && origin != m.publicOrigin() {
		return answer{}, refuse(http.StatusForbidden, "Only a page of "+m.publicOrigin()+" gets the token.")
	}
	var g grant
	if err := m.open(c, sealedGrant, m.takeCookie(c, sealedGrant), &g); err != nil {
		return answer{}, errNoGrant
	}
	return m.redeem(c, g)
}

func (m *Manager) tokenForProgram(c *call, f fields) (answer, error) {
	errs := fieldErrors{}
	code, verifier := f.text("code", errs), f.text("verifier", errs)
	if len(errs) > 0 {
		return answer{}, errs.Refusal()
	}
	var g grant
	if err := m.open(c, sealedCode, code, &g); err != nil || !proves(verifier, g.Challenge) {
		return answer{}, errNoGrant
	}
	return m.redeem(c, g)
}

var (
	errNoGrant    = refuse(http.StatusForbidden, "The sign-in has expired, was used already, or was not begun here. Sign in again.")
	errOvertaken  = refuse(http.StatusForbidden, "The account has changed since the sign-in, or is disabled. Sign in again.")
	errNoDevices  = refuse(http.StatusNotFound, "The identity provider has no sign-in for programs without a browser.")
	errNotGranted = refuse(http.StatusServiceUnavailable, "The identity provider cannot be asked at the moment. Try again in a moment.")
)

// redeem issues the token of a grant, once.
func (m *Manager) redeem(c *call, g grant) (answer, error) {
	if !m.signIns.used.take(g.ID, m.config.Clock.Now(), grantTime) {
		return answer{}, errNoGrant
	}
	user, err := m.config.Directory.Lookup(c.Context(), g.Username)
	if errors.Is(err, auth.ErrUnknownUser) || errors.Is(err, auth.ErrInactive) {
		return answer{}, errOvertaken
	}
	if err != nil {
		return answer{}, fmt.Errorf("signing in: %w: %w", err, auth.ErrUnavailable)
	}
	user.Version = g.Version
	return m.newSignInSession(c, user)
}

// newSignInSession issues a token and answers with the session.
func (m *Manager) newSignInSession(c *call, user auth.User) (answer, error) {
	info := m.config.SignIn.Info()
	token, err := m.issueFor(c.Context(), user, info.Session)
	switch {
	case errors.Is(err, auth.ErrSuperseded):
		return answer{}, errOvertaken
	case err != nil:
		return answer{}, fmt.Errorf("signing in: %w: %w", err, auth.ErrUnavailable)
	}
	return m.newSession(c, loggedIn{user, token}, audit.Record{Actor: user.Username, Action: audit.LogIn, Detail: "by " + info.Name})
}

func (m *Manager) issueFor(ctx context.Context, user auth.User, lifetime time.Duration) (string, error) {
	if lifetime == 0 {
		return m.config.Tokens.Issue(ctx, user)
	}
	return m.config.Tokens.(auth.LifetimeTokens).IssueFor(ctx, user, lifetime) // New has checked that it can
}

// signedIn makes a call of the provider that may cost a try, and notes a refusal.
func (m *Manager) signedIn(c *call, ask func() (auth.User, error)) (auth.User, error) {
	address := auth.Address(c.Request)
	// Who it is, is not known yet, so that only the address has a limit.
	try, err := m.limiter.Try(c.Context(), "sign-in from "+address, address)
	if err != nil {
		return auth.User{}, err
	}
	defer try.Wrong() // does nothing after Right or GiveBack
	user, err := ask()
	switch {
	case err == nil && user.Username != "":
		m.outages.signIns.Succeeded(m.config.Clock.Now())
		try.Right()
	case err == nil, errors.Is(err, auth.ErrPending), errors.Is(err, auth.ErrNoDevices): // nobody has signed in
		m.outages.signIns.Succeeded(m.config.Clock.Now())
		try.GiveBack()
	case errors.Is(err, auth.ErrCredentials):
		if m.throttle.Allow("sign-ins from " + address) {
			m.note(c, audit.Record{Actor: m.config.SignIn.Info().Name, Action: audit.LogIn, Outcome: audit.Refused, Detail: err.Error()})
		}
	default:
		try.GiveBack()
		m.outages.signIns.Failed(m.config.Clock.Now(), err)
	}
	return user, err
}

// sealed returns a value that only this manager, and those that share its key, can open.
func (m *Manager) sealed(c *call, purpose string, value any, lifetime time.Duration) (string, error) {
	key, err := m.signIns.key(c.Context())
	if err != nil {
		return "", fmt.Errorf("signing in: %w: %w", err, auth.ErrUnavailable)
	}
	return seal.Seal(key, purpose, value, m.config.Clock.Now().Add(lifetime))
}

func (m *Manager) open(c *call, purpose, text string, value any) error {
	key, err := m.signIns.key(c.Context())
	if err != nil {
		return err
	}
	return seal.Open(key, purpose, text, value, m.config.Clock.Now())
}
