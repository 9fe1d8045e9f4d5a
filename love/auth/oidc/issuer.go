package oidc

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/rubin-love/love-go/internal/wire"
	"github.com/rubin-love/love-go/love/audit"
	"github.com/rubin-love/love-go/love/auth"
)

// DefaultAudience is whom the tokens of an issuer must be for, by default.
const DefaultAudience = "love"

// IssuerConfig describes an issuer whose tokens are taken. URL is required.
type IssuerConfig struct {
	// URL is the issuer, exactly as its tokens name it. Where its keys are is read from
	// there, with /.well-known/openid-configuration.
	URL string
	// Audience is whom a token must be for. Default: [DefaultAudience].
	Audience string
	// Mapping says what the claims mean.
	Mapping Mapping
	// Processes are groups of the issuer whose members connect as a process, as if they
	// had the process password. They have no user here, and Mapping.Required does not
	// hold for them. Default: none.
	Processes []string
	// TLS configures the connections. Default: the system's certificates.
	TLS *tls.Config
	// AllowPlain takes http:// for URL, for tests. Default: false.
	AllowPlain bool
}

// Issuer verifies the tokens of an issuer with its public keys. It is safe for concurrent
// use.
type Issuer struct {
	options
	config   IssuerConfig
	users    Users
	asker    *asker
	provider *provider
	verifier verifier
	cache    cache
	throttle *audit.Throttle
}

var _ auth.Issuer = (*Issuer)(nil)

// NewIssuer makes a verifier of tokens. The issuer is asked when the first token comes.
func NewIssuer(c IssuerConfig, users Users, opts ...Option) (*Issuer, error) {
	if err := checkAddress("the trusted issuer", c.URL, c.AllowPlain); err != nil {
		return nil, err
	}
	if c.Audience == "" {
		c.Audience = DefaultAudience
	}
	c.Mapping.setDefaults("sub")
	i := &Issuer{options: newOptions(opts), config: c, users: users, asker: newAsker(c.TLS)}
	i.provider = newProvider(c.URL, c.AllowPlain, i.asker, i.clock)
	i.verifier = verifier{issuer: c.URL, audience: c.Audience, keys: newKeySet(i.asker, i.clock, i.provider.keysURL), clock: i.clock}
	i.throttle = audit.NewThrottle(i.clock)
	return i, nil
}

// Close closes the connections to the issuer.
func (i *Issuer) Close() { i.asker.client.CloseIdleConnections() }

// Name returns the host of the issuer.
func (i *Issuer) Name() string {
	u, err := url.Parse(i.config.URL)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// Check returns nil if there are keys to verify tokens with, or else why not.
func (i *Issuer) Check(ctx context.Context) error {
	if err := i.provider.answers(ctx); err != nil {
		return err
	}
	_, err := i.verifier.keys.current(ctx)
	return err
}

// Issued implements auth.Issuer.
func (i *Issuer) Issued(token string) bool { return claimedIssuer(token) == i.config.URL }

// claimedIssuer returns the issuer that a token names, without any check; "" if it names
// none.
func claimedIssuer(token string) string {
	if len(token) > MaxToken {
		return ""
	}
	_, rest, _ := strings.Cut(token, ".")
	payload, _, ok := strings.Cut(rest, ".")
	if !ok {
		return ""
	}
	text, err := base64.RawURLEncoding.DecodeString(payload)
	if err != nil || wire.Strict(text) != nil {
		return ""
	}
	for name, value := range wire.Members(text) {
		var issuer string
		if name == "iss" && json.Unmarshal(value, &issuer) == nil {
			return issuer
		}
	}
	return ""
}

// Verify implements auth.Issuer. The user of a token is created here, or updated, when it
// is first seen.
func (i *Issuer) Verify(ctx context.Context, token string) (auth.Principal, error) {
	now := i.clock.Now()
	known, ok := i.cache.get(token)
	if !ok || now.After(known.checked.Add(keysFresh)) { // the issuer may have withdrawn the key
		var err error
		if known, err = i.read(ctx, token); err != nil {
			return auth.Principal{}, i.refused(err)
		}
		i.cache.put(token, known)
	}
	if !now.Before(known.expires) {
		return auth.Principal{User: auth.User{Username: known.username}, TokenID: known.id, Expires: known.expires}, auth.ErrExpired
	}
	p := auth.Principal{Process: known.process, TokenID: known.id, Expires: known.expires}
	if known.process {
		return p, nil
	}
	var err error
	switch p.User, err = i.users.Lookup(ctx, known.username); {
	case errors.Is(err, auth.ErrUnknownUser):
		return auth.Principal{}, auth.ErrToken
	case errors.Is(err, auth.ErrInactive):
		return auth.Principal{}, auth.ErrInactive
	case err != nil:
		return auth.Principal{}, fmt.Errorf("looking up the user of a token: %w", err)
	}
	return p, nil
}

// refused returns the error for a token that is not valid, and logs why: the client is not
// told.
func (i *Issuer) refused(err error) error {
	if errors.Is(err, auth.ErrUnavailable) {
		return err
	}
	reason := error(auth.ErrToken)
	if errors.Is(err, auth.ErrExpired) {
		reason = auth.ErrExpired
	}
	if refusal, ok := errors.AsType[*auth.SignInError](err); !ok && !isRefusal(err) {
		return err // the database has failed, for instance
	} else if i.throttle.Allow(i.config.URL) { // not by its text, some of which anybody can choose
		if refusal != nil {
			err = refusal
		}
		i.logger.Warn("a token of a trusted issuer is refused", "issuer", i.config.URL, "reason", err)
	}
	return reason
}

// invalid is the error for a token that is wrong.
type invalid struct{ error }

// Unwrap returns what is wrong.
func (i invalid) Unwrap() error { return i.error }

func isRefusal(err error) bool {
	_, ok := errors.AsType[invalid](err)
	return ok
}

// read verifies a token that has not been seen before.
func (i *Issuer) read(ctx context.Context, token string) (seen, error) {
	id, about, err := i.verifier.verify(ctx, token)
	if errors.Is(err, auth.ErrUnavailable) {
		return seen{}, err
	}
	if err != nil {
		return seen{}, invalid{err}
	}
	sum := sha256.Sum256([]byte(token))
	s := seen{id: "foreign-" + hex.EncodeToString(sum[:16]), expires: id.Expiry.Add(skew), checked: i.clock.Now()}
	groups, _ := about.texts(i.config.Mapping.GroupsClaim)
	if isIn(groups, i.config.Processes) {
		s.process = true
		return s, nil
	}
	p, err := i.config.Mapping.person(about)
	if err != nil {
		return seen{}, err
	}
	user, err := i.provision(ctx, i.users, &i.config.Mapping, p, identity(i.config.URL, id.Subject))
	s.username = user.Username
	return s, err
}

// seen is what a token has been found to stand for.
type seen struct {
	id       string
	username string // empty for a process
	process  bool
	expires  time.Time
	checked  time.Time
}

// cachedTokens is how many tokens a generation of a [cache] holds.
const cachedTokens = 4096

// cache remembers valid tokens by their hashes. It holds two generations, and drops the
// older one when the younger is full. The zero value is ready to use.
type cache struct {
	mu         sync.Mutex
	young, old map[[sha256.Size]byte]seen
}

func (c *cache) get(token string) (seen, bool) {
	key := sha256.Sum256([]byte(token))
	c.mu.Lock()
	defer c.mu.Unlock()
	if s, ok := c.young[key]; ok {
		return s, true
	}
	s, ok := c.old[key]
	if ok {
		c.add(key, s)
	}
	return s, ok
}

func (c *cache) put(token string, s seen) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.add(sha256.Sum256([]byte(token)), s)
}

func (c *cache) add(key [sha256.Size]byte, s seen) {
	if c.young == nil || len(c.young) >= cachedTokens {
		c.young, c.old = make(map[[sha256.Size]byte]seen), c.young
	}
	c.young[key] = s
}
