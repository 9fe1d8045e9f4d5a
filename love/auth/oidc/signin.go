package oidc

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	gooidc "github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/audit"
	"github.com/rubin-love/love-go/love/auth"
)

// CallbackPath is where the provider sends browsers back to, below the manager's URL.
const CallbackPath = "/manager/api/oidc/callback"

// DefaultSession is how long a log-in by a provider lasts by default.
const DefaultSession = 12 * time.Hour

// Config describes an OpenID provider. Issuer, ClientID and PublicURL are required.
type Config struct {
	// Issuer is the provider's URL, exactly as it calls itself: what it says about itself
	// is read from there, with /.well-known/openid-configuration.
	Issuer string
	// ClientID and ClientSecret are what the provider knows the manager by. Default: no
	// secret, for a public client.
	ClientID, ClientSecret string
	// PublicURL is the manager's URL as browsers see it, with its prefix, such as
	// "https://love.example.org". The provider must allow this URL with [CallbackPath].
	PublicURL string
	// Name is what people call the provider. Default: the host of Issuer.
	Name string
	// Scopes are what the provider is asked for, beside openid. Default: profile, email.
	Scopes []string
	// Prompt makes the provider ask even if somebody is logged in there: "login" for the
	// password, "select_account" for who it is. It is for screens that several people use.
	// Default: the provider decides.
	Prompt string
	// Session is how long the token of a log-in is valid, at most: so long somebody
	// withdrawn at the provider still has access. Default: [DefaultSession].
	Session time.Duration
	// Mapping says what the claims mean.
	Mapping Mapping
	// TLS configures the connections. Default: the system's certificates.
	TLS *tls.Config
	// AllowPlain takes http:// for Issuer and PublicURL, for tests. Default: false.
	AllowPlain bool
}

// options are what [New] and [NewIssuer] have in common.
type options struct {
	clock   love.Clock
	auditor *audit.Auditor
	logger  *slog.Logger
}

// Option changes a default of [New] or [NewIssuer].
type Option func(*options)

// WithClock sets the clock. Default: the system's.
func WithClock(c love.Clock) Option { return func(o *options) { o.clock = c } }

// WithAuditor records whom a log-in adds and which groups it gives and takes, with "OIDC"
// as the actor. A log-in that cannot be recorded fails. Default: nothing is recorded.
func WithAuditor(a *audit.Auditor) Option { return func(o *options) { o.auditor = a } }

// WithLogger sets who is told why tokens of an issuer are refused. Default: nobody.
func WithLogger(l *slog.Logger) Option { return func(o *options) { o.logger = l } }

func newOptions(opts []Option) options {
	o := options{clock: love.SystemClock{}, auditor: audit.NewAuditor(nil), logger: slog.New(slog.DiscardHandler)}
	for _, f := range opts {
		f(&o)
	}
	return o
}

// SignIn logs users in at an OpenID provider. It is safe for concurrent use.
type SignIn struct {
	options
	config   Config
	users    Users
	provider *provider
	keys     *keySet
}

var (
	_ auth.SignIn       = (*SignIn)(nil)
	_ auth.DeviceSignIn = (*SignIn)(nil)
)

// New makes a sign-in. The provider is asked when it is first needed: it may be away when
// the manager starts.
func New(c Config, users Users, opts ...Option) (*SignIn, error) {
	if err := checkAddress("the issuer", c.Issuer, c.AllowPlain); err != nil {
		return nil, err
	}
	if c.ClientID == "" {
		return nil, errors.New("a sign-in needs the client ID that the provider knows the manager by")
	}
	c.PublicURL = strings.TrimSuffix(c.PublicURL, "/")
	if err := checkAddress("the manager's public URL", c.PublicURL, c.AllowPlain); err != nil {
		return nil, err
	}
	if !slices.Contains([]string{"", "login", "select_account", "consent"}, c.Prompt) {
		return nil, fmt.Errorf("the prompt %q is none of login, select_account, consent", c.Prompt)
	}
	if c.Session < 0 {
		return nil, fmt.Errorf("the session is %v: give a time above 0, or 0 for %v", c.Session, DefaultSession)
	}
	if c.Session == 0 {
		c.Session = DefaultSession
	}
	if len(c.Scopes) == 0 {
		c.Scopes = []string{"profile", "email"}
	}
	c.Scopes = append([]string{gooidc.ScopeOpenID}, slices.DeleteFunc(slices.Clone(c.Scopes), func(s string) bool { return s == gooidc.ScopeOpenID })...)
	if c.Name == "" {
		issuer, err := url.Parse(c.Issuer)
		if err != nil {
			return nil, err
		}
		c.Name = issuer.Hostname()
	}
	c.Mapping.setDefaults("preferred_username")
	s := &SignIn{options: newOptions(opts), config: c, users: users}
	s.provider = newProvider(c.Issuer, c.AllowPlain, newAsker(c.TLS), s.clock)
	s.keys = newKeySet(s.provider.asker, s.clock, s.provider.keysURL)
	return s, nil
}

// Close closes the connections to the provider.
func (s *SignIn) Close() { s.provider.asker.client.CloseIdleConnections() }

// Info implements auth.SignIn.
func (s *SignIn) Info() auth.SignInInfo {
	return auth.SignInInfo{Name: s.config.Name, PublicURL: s.config.PublicURL, Session: s.config.Session}
}

// Check returns nil if the provider answers and has keys, or else why not.
func (s *SignIn) Check(ctx context.Context) error {
	if err := s.provider.answers(ctx); err != nil {
		return err
	}
	_, err := s.keys.current(ctx)
	return err
}

func (s *SignIn) oauth(d *description) *oauth2.Config {
	return &oauth2.Config{
		ClientID: s.config.ClientID, ClientSecret: s.config.ClientSecret, Endpoint: d.endpoint,
		RedirectURL: s.config.PublicURL + CallbackPath, Scopes: s.config.Scopes,
	}
}

// Begin implements auth.SignIn.
func (s *SignIn) Begin(ctx context.Context) (address string, attempt auth.SignInAttempt, err error) {
	d, err := s.provider.describe(ctx)
	if err != nil {
		return "", auth.SignInAttempt{}, err
	}
	attempt = auth.SignInAttempt{State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier()}
	params := []oauth2.AuthCodeOption{gooidc.Nonce(attempt.Nonce), oauth2.S256ChallengeOption(attempt.Verifier)}
	if s.config.Prompt != "" {
		params = append(params, oauth2.SetAuthURLParam("prompt", s.config.Prompt))
	}
	return s.oauth(d).AuthCodeURL(attempt.State, params...), attempt, nil
}

// maxCode bounds the code that a provider gives a browser, in bytes.
const maxCode = 4096

// Finish implements auth.SignIn.
func (s *SignIn) Finish(ctx context.Context, attempt auth.SignInAttempt, answer url.Values) (auth.User, error) {
	if issuer := answer.Get("iss"); issuer != "" && issuer != s.config.Issuer { // RFC 9207
		return auth.User{}, &auth.SignInError{Reason: "The answer is of another provider than the one that was asked."}
	}
	if answer.Has("error") {
		return auth.User{}, answeredError(answer.Get("error"))
	}
	code := answer.Get("code")
	if code == "" || len(code) > maxCode {
		return auth.User{}, &auth.SignInError{Reason: "The provider's answer has no code that can be used."}
	}
	d, err := s.provider.describe(ctx)
	if err != nil {
		return auth.User{}, err
	}
	tokens, err := s.exchange(ctx, s.oauth(d), code, oauth2.VerifierOption(attempt.Verifier))
	if err != nil {
		return auth.User{}, err
	}
	return s.userOf(ctx, d, tokens, attempt.Nonce)
}

// exchange exchanges a code for tokens.
func (s *SignIn) exchange(ctx context.Context, c *oauth2.Config, code string, params ...oauth2.AuthCodeOption) (tokens *oauth2.Token, err error) {
	err = s.provider.asker.ask(ctx, func(ctx context.Context) error {
		tokens, err = c.Exchange(ctx, code, params...)
		return err
	})
	if err == nil {
		return tokens, nil
	}
	refused, ok := errors.AsType[*oauth2.RetrieveError](err)
	if !ok {
		return nil, fmt.Errorf("asking the provider for tokens: %w: %w", withoutAnswer(err), auth.ErrUnavailable)
	}
	switch refused.ErrorCode {
	case "invalid_grant":
		return nil, &auth.SignInError{Reason: "The provider's code has been used already, or has expired. Begin again."}
	case "authorization_pending", "slow_down":
		return nil, auth.ErrPending
	case "access_denied", "expired_token":
		return nil, answeredError(refused.ErrorCode)
	}
	return nil, fmt.Errorf("the provider gives no tokens, it answers %s %s: %w", refused.Response.Status, shown(refused.ErrorCode), auth.ErrUnavailable)
}

// withoutAnswer returns an error without what the provider has answered, which may hold
// tokens.
func withoutAnswer(err error) error {
	if isTimeout(err) {
		return fmt.Errorf("no answer within %v", askTimeout)
	}
	if e, ok := errors.AsType[*url.Error](err); ok {
		return fmt.Errorf("%s: %w", e.Op, e.Err)
	}
	if errors.Is(err, errTooLarge) {
		return errTooLarge
	}
	return errors.New("the answer is none of a token endpoint")
}

// userOf checks the tokens of a provider and returns their user. nonce is "" for a device.
func (s *SignIn) userOf(ctx context.Context, d *description, tokens *oauth2.Token, nonce string) (auth.User, error) {
	raw, _ := tokens.Extra("id_token").(string)
	if raw == "" {
		return auth.User{}, fmt.Errorf("the provider gives no ID token: %w", auth.ErrUnavailable)
	}
	v := verifier{issuer: s.config.Issuer, audience: s.config.ClientID, keys: s.keys, clock: s.clock}
	id, about, err := v.verify(ctx, raw)
	switch {
	case errors.Is(err, auth.ErrUnavailable):
		return auth.User{}, err
	case err != nil:
		return auth.User{}, &auth.SignInError{Reason: "The provider's ID token is not valid.", Cause: err}
	case subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(nonce)) != 1:
		return auth.User{}, &auth.SignInError{Reason: "The provider's ID token is not of this sign-in.", Cause: errors.New("it has another nonce")}
	case len(id.Audience) > 1 && about.text("azp") != s.config.ClientID:
		return auth.User{}, &auth.SignInError{Reason: "The provider's ID token is for another program.", Cause: errors.New("it has another azp")}
	case id.AccessTokenHash != "" && id.VerifyAccessToken(tokens.AccessToken) != nil:
		return auth.User{}, &auth.SignInError{Reason: "The provider's tokens do not belong together."}
	}
	if err := s.addUserInfo(ctx, d, tokens, id.Subject, about); err != nil {
		return auth.User{}, err
	}
	p, err := s.config.Mapping.person(about)
	if err != nil {
		return auth.User{}, err
	}
	if !p.known && len(s.config.Mapping.Groups) > 0 {
		s.logger.Warn("the provider tells no groups: its users get none here", "claim", s.config.Mapping.GroupsClaim, "user", p.user.Username)
	}
	return s.provision(ctx, s.users, &s.config.Mapping, p, identity(s.config.Issuer, id.Subject))
}

// addUserInfo adds what the user info endpoint says, if the ID token lacks the name or the
// groups.
func (s *SignIn) addUserInfo(ctx context.Context, d *description, tokens *oauth2.Token, subject string, about claims) error {
	_, groups := about.texts(s.config.Mapping.GroupsClaim)
	if d.userInfo == "" || groups && about.text(s.config.Mapping.NameClaim) != "" {
		return nil
	}
	var more claims
	err := s.provider.asker.ask(ctx, func(ctx context.Context) error {
		info, err := d.provider.UserInfo(ctx, oauth2.StaticTokenSource(tokens))
		if err != nil {
			return err
		}
		if info.Subject != subject {
			return errors.New("it is about somebody else")
		}
		return info.Claims(&more)
	})
	if err != nil {
		return fmt.Errorf("asking the provider about the user: %w: %w", onOneLine(err), auth.ErrUnavailable)
	}
	for name, value := range more {
		if _, known := about[name]; !known {
			about[name] = value
		}
	}
	return nil
}

// plainCode is the code of an error by OAuth.
var plainCode = regexp.MustCompile(`^[a-z_]{1,64}$`)

// shown returns the code of an error if it is one.
func shown(code string) string {
	if plainCode.MatchString(code) {
		return code
	}
	return "an unknown error"
}

// answeredError returns the error for one of the provider.
func answeredError(code string) error {
	switch code {
	case "access_denied":
		return &auth.SignInError{Reason: "The provider did not let you in, or you cancelled."}
	case "expired_token":
		return &auth.SignInError{Reason: "You did not agree in time. Begin again."}
	case "server_error", "temporarily_unavailable":
		return fmt.Errorf("the provider answers %s: %w", code, auth.ErrUnavailable)
	}
	return &auth.SignInError{Reason: "The provider answers: " + shown(code) + "."}
}
