package oidc

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"

	gooidc "github.com/coreos/go-oidc/v3/oidc"

	"github.com/rubin-love/love-go/internal/mask"
)

// askTimeout bounds one request to a provider, with its answer.
const askTimeout = 5 * time.Second

// maxAnswer bounds the answer of a provider, in bytes.
const maxAnswer = 1 << 20

// maxAsking is how many requests to a provider may be under way: whoever can begin a
// sign-in can cause some.
const maxAsking = 16

var errTooLarge = fmt.Errorf("the answer is larger than %d bytes", maxAnswer)

// asker makes the requests to one provider.
type asker struct {
	client *http.Client
	slots  chan struct{}
}

func newAsker(settings *tls.Config) *asker {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = settings
	transport.MaxResponseHeaderBytes = 64 << 10
	return &asker{
		client: &http.Client{
			Transport: &bounded{transport},
			// A redirect could lead a secret to anywhere.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		slots: make(chan struct{}, maxAsking),
	}
}

// ask calls f with a context in which the modules for OAuth and OpenID use the client. It
// fails if too many requests are under way.
func (a *asker) ask(ctx context.Context, f func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	select {
	case a.slots <- struct{}{}:
		defer func() { <-a.slots }()
	case <-ctx.Done():
		return fmt.Errorf("%d requests to the provider are under way: %w", maxAsking, ctx.Err())
	}
	return f(gooidc.ClientContext(ctx, a.client))
}

// get reads a document.
func (a *asker) get(ctx context.Context, address string) (body []byte, err error) {
	err = a.ask(ctx, func(ctx context.Context) error {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
		if err != nil {
			return err
		}
		r.Header.Set("Accept", "application/json")
		response, err := a.client.Do(r)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		if body, err = io.ReadAll(response.Body); err != nil {
			return err
		}
		if response.StatusCode != http.StatusOK {
			return fmt.Errorf("%s answers %s", mask.Address(address), response.Status)
		}
		return nil
	})
	return body, err
}

// bounded is a transport whose answers end with an error if they are too large.
type bounded struct{ *http.Transport }

// RoundTrip implements http.RoundTripper.
func (b *bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := b.Transport.RoundTrip(r)
	if err == nil {
		response.Body = &boundedBody{response.Body, maxAnswer}
	}
	return response, err
}

type boundedBody struct {
	io.ReadCloser
	left int
}

// Read implements io.Reader.
func (b *boundedBody) Read(p []byte) (int, error) {
	if b.left < 0 {
		return 0, errTooLarge
	}
	if len(p) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.ReadCloser.Read(p)
	if b.left -= n; b.left < 0 {
		return n, errTooLarge
	}
	return n, err
}

// checkAddress returns an error unless a text is the URL of a provider or a manager.
func checkAddress(what, text string, allowPlain bool) error {
	u, err := url.Parse(text)
	if err == nil && (u.RawQuery != "" || u.Fragment != "") {
		return fmt.Errorf("%s %q must have no query", what, mask.Address(text))
	}
	return checkEndpoint(what, text, allowPlain)
}

// checkEndpoint returns an error unless a text is a URL that may be used.
func checkEndpoint(what, text string, allowPlain bool) error {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Hostname() == "" || u.Scheme != "https" && u.Scheme != "http":
		return fmt.Errorf("%s %q is not of the form https://HOST", what, mask.Address(text))
	case u.User != nil:
		return fmt.Errorf("%s %q must have no user", what, mask.Address(text))
	case u.Scheme == "http" && !allowPlain:
		return fmt.Errorf("%s %q is not secured: whoever is on the way could log in as anybody: give https://, or allow it for a test", what, mask.Address(text))
	}
	return nil
}

// maxText bounds the text of an error that may have an answer of a provider in it, in bytes.
const maxText = 300

// onOneLine returns an error with a short text without control characters: the modules put
// the whole answer of a provider into it, and /readyz and the log show it.
func onOneLine(err error) error {
	if err == nil {
		return nil
	}
	text, end := err.Error(), ""
	if len(text) > maxText {
		text, end = text[:maxText], " …"
	}
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "")) + end
	if text == err.Error() {
		return err
	}
	return errors.New(text)
}

// isTimeout reports whether a request has taken too long.
func isTimeout(err error) bool { return errors.Is(err, context.DeadlineExceeded) }
