package oidc

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"time"

	gooidc "github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/rubin-love/love-go/internal/mask"
	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
)

const (
	// descriptionFresh is how long what a provider says about itself is taken.
	descriptionFresh = time.Hour
	// descriptionRetry is the wait before a provider that did not answer is asked again.
	descriptionRetry = 5 * time.Second
)

// provider reads what an issuer says about itself. It is safe for concurrent use.
type provider struct {
	issuer     string
	allowPlain bool
	asker      *asker
	clock      love.Clock

	reading chan struct{} // held while it is asked

	mu    sync.Mutex
	known *description
	read  time.Time
	tried time.Time
	err   error
}

// description is what an issuer says about itself.
type description struct {
	provider *gooidc.Provider
	endpoint oauth2.Endpoint
	keys     string // URL
	userInfo string // URL, or ""
}

func newProvider(issuer string, allowPlain bool, a *asker, clock love.Clock) *provider {
	return &provider{issuer: issuer, allowPlain: allowPlain, asker: a, clock: clock, reading: make(chan struct{}, 1)}
}

// describe returns what the issuer says about itself, read within an hour if that is
// possible. The error wraps auth.ErrUnavailable.
func (p *provider) describe(ctx context.Context) (*description, error) {
	d, _, err := p.within(ctx, descriptionFresh)
	return d, err
}

// within returns what the issuer says about itself, read within a time if that is possible,
// and the error of the last try to read it.
func (p *provider) within(ctx context.Context, fresh time.Duration) (d *description, failed, err error) {
	select {
	case p.reading <- struct{}{}:
		defer func() { <-p.reading }()
	case <-ctx.Done():
		return nil, nil, fmt.Errorf("waiting for the provider %s: %w: %w", p.issuer, ctx.Err(), auth.ErrUnavailable)
	}
	if p.due(fresh) {
		d, err := p.ask(context.WithoutCancel(ctx))
		p.mu.Lock()
		p.tried, p.err = p.clock.Now(), err
		if err == nil {
			p.known, p.read = d, p.tried
		}
		p.mu.Unlock()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.known == nil {
		return nil, p.err, fmt.Errorf("the provider %s cannot be used: %w: %w", mask.Address(p.issuer), p.err, auth.ErrUnavailable)
	}
	return p.known, p.err, nil
}

// due reports whether the issuer is to be asked now.
func (p *provider) due(fresh time.Duration) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.clock.Now()
	known := p.known != nil && now.Before(p.read.Add(fresh)) && !now.Before(p.read)
	waiting := p.err != nil && now.Before(p.tried.Add(descriptionRetry)) && !now.Before(p.tried)
	return !known && !waiting
}

// ask asks the issuer.
func (p *provider) ask(ctx context.Context) (d *description, err error) {
	err = p.asker.ask(ctx, func(ctx context.Context) error {
		found, err := gooidc.NewProvider(ctx, p.issuer)
		if err != nil {
			if isTimeout(err) {
				return fmt.Errorf("no answer within %v", askTimeout)
			}
			return onOneLine(err)
		}
		var more struct {
			Keys     string `json:"jwks_uri"`
			UserInfo string `json:"userinfo_endpoint"`
		}
		if err := found.Claims(&more); err != nil {
			return err
		}
		d = &description{provider: found, endpoint: found.Endpoint(), keys: more.Keys, userInfo: more.UserInfo}
		return p.check(d)
	})
	return d, err
}

// check returns an error for addresses that cannot be trusted.
func (p *provider) check(d *description) error {
	for _, e := range []struct {
		what, address string
		required      bool
	}{
		{"its jwks_uri", d.keys, true},
		{"its authorization_endpoint", d.endpoint.AuthURL, false},
		{"its token_endpoint", d.endpoint.TokenURL, false},
		{"its userinfo_endpoint", d.userInfo, false},
		{"its device_authorization_endpoint", d.endpoint.DeviceAuthURL, false},
	} {
		if e.address == "" && !e.required {
			continue
		}
		if err := checkEndpoint(e.what, e.address, p.allowPlain); err != nil {
			return err
		}
	}
	return nil
}

// checkFresh is how old the answer of an issuer may be that a check is content with.
const checkFresh = 30 * time.Second

// answers returns nil if the issuer has answered just now, or else why it cannot be used.
func (p *provider) answers(ctx context.Context) error {
	_, failed, err := p.within(ctx, checkFresh)
	return cmp.Or(err, failed)
}

// keysURL returns where the issuer's keys are.
func (p *provider) keysURL(ctx context.Context) (string, error) {
	d, err := p.describe(ctx)
	if err != nil {
		return "", err
	}
	return d.keys, nil
}
