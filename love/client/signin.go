package client

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// ErrNoSignIn means that the manager, or its identity provider, does not sign programs in
// that way.
var ErrNoSignIn = errors.New("the manager does not sign programs in that way")

// ErrSignInDenied means that the identity provider, or the manager, did not let the user
// in, or that the user did not agree in time.
var ErrSignInDenied = errors.New("the sign-in was denied")

// DeviceCode is what a user needs in order to agree to a sign-in in a browser anywhere.
type DeviceCode struct {
	UserCode    string        // to type, such as "WDJB-MJHT"
	URL         string        // where
	CompleteURL string        // the same with the code; may be empty
	Expires     time.Duration // from now
}

// SignInWithCode logs in at the manager's identity provider, for programs without a
// browser: show gets a code and where the user types it, in a browser on any machine. It
// returns when the user has agreed, or refused ([ErrSignInDenied]). The error wraps
// [ErrNoSignIn] if the provider cannot do that; then [SignInWithBrowser] may.
func SignInWithCode(ctx context.Context, managerURL string, show func(DeviceCode) error, opts ...Option) (LoginResult, error) {
	c, err := newSignIn(managerURL, opts)
	if err != nil {
		return LoginResult{}, err
	}
	var begun struct {
		Device    string
		UserCode  string `json:"user_code"`
		URL       string `json:"verification_uri"`
		Complete  string `json:"verification_uri_complete"`
		ExpiresIn int    `json:"expires_in"`
		Interval  int
	}
	status, answer, err := c.call(ctx, http.MethodPost, "/oidc/device/", struct{}{})
	if err != nil {
		return LoginResult{}, err
	}
	if status != http.StatusOK {
		return LoginResult{}, signInError("/oidc/device/", status, answer)
	}
	if err := json.Unmarshal(answer, &begun); err != nil || begun.Device == "" || begun.Interval <= 0 || strings.ContainsFunc(begun.UserCode+begun.URL+begun.Complete, unicode.IsControl) {
		return LoginResult{}, c.noManager()
	}
	if err := show(DeviceCode{begun.UserCode, begun.URL, begun.Complete, time.Duration(begun.ExpiresIn) * time.Second}); err != nil {
		return LoginResult{}, err
	}
	return c.awaitAgreement(ctx, begun.Device, time.Duration(begun.Interval)*time.Second)
}

// newSignIn returns a client without a token: the sign-in must not fail because of an old
// one.
func newSignIn(managerURL string, opts []Option) (*Client, error) {
	c, err := New(managerURL, opts...)
	if err != nil {
		return nil, err
	}
	c.cfg.token = ""
	return c, nil
}

// maxAway is how often in a row a question about the user's agreement may fail.
const maxAway = 5

// awaitAgreement asks the manager until the user has agreed or refused.
func (c *Client) awaitAgreement(ctx context.Context, device string, interval time.Duration) (LoginResult, error) {
	const path = "/oidc/device/token/"
	timer := time.NewTimer(interval)
	defer timer.Stop()
	for failures := 0; ; timer.Reset(interval) {
		select {
		case <-timer.C:
		case <-ctx.Done():
			return LoginResult{}, ctx.Err()
		}
		status, answer, err := c.call(ctx, http.MethodPost, path, map[string]string{"device": device})
		switch {
		case err == nil && status == http.StatusOK:
			return c.loginResult(answer)
		case err == nil && status == http.StatusAccepted:
			failures = 0
			continue
		case err == nil && status < 500 && status != http.StatusTooManyRequests:
			return LoginResult{}, signInError(path, status, answer)
		case err == nil:
			err = httpError(http.MethodPost, path, status, answer)
		}
		if failures++; failures >= maxAway || ctx.Err() != nil {
			return LoginResult{}, err
		}
	}
}

// loginResult reads the answer to a log-in.
func (c *Client) loginResult(answer []byte) (LoginResult, error) {
	var l LoginResult
	if err := json.Unmarshal(answer, &l); err != nil || l.Token == "" {
		return LoginResult{}, c.noManager()
	}
	return l, nil
}

func (c *Client) noManager() error {
	return fmt.Errorf("log in: the answer of %s is not a manager's: check the URL", c.address.site.Host)
}

func signInError(path string, status int, answer []byte) error {
	e := httpError(http.MethodPost, path, status, answer)
	switch status {
	case http.StatusNotFound, http.StatusMethodNotAllowed:
		return fmt.Errorf("%w: %s", ErrNoSignIn, e.Text)
	case http.StatusForbidden:
		return fmt.Errorf("%w: %s", ErrSignInDenied, e.Text)
	}
	return e
}

// SignInWithBrowser logs in at the manager's identity provider by a browser on this
// machine, which show is to open at an address. The browser comes back to a port of this
// machine with a code, which is worth nothing to others (PKCE). The error wraps
// [ErrNoSignIn] if the manager has no identity provider.
func SignInWithBrowser(ctx context.Context, managerURL string, show func(address string) error, opts ...Option) (LoginResult, error) {
	c, err := newSignIn(managerURL, opts)
	if err != nil {
		return LoginResult{}, err
	}
	if err := c.hasSignIn(ctx); err != nil {
		return LoginResult{}, err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return LoginResult{}, fmt.Errorf("waiting for the browser: %w", err)
	}
	codes := make(chan string)
	over, end := context.WithCancel(ctx)
	server := &http.Server{Handler: comingBack(over, codes), ReadTimeout: 10 * time.Second, MaxHeaderBytes: 16 << 10}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	defer func() {
		end()
		_ = server.Shutdown(context.WithoutCancel(ctx)) // the browser still gets its answer
		<-ended
	}()
	verifier := rand.Text() + rand.Text()
	sum := sha256.Sum256([]byte(verifier))
	query := url.Values{
		"port":      {strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)},
		"challenge": {base64.RawURLEncoding.EncodeToString(sum[:])},
	}
	if err := show(c.address.api("/oidc/login") + "?" + query.Encode()); err != nil {
		return LoginResult{}, err
	}
	for {
		select {
		case code := <-codes:
			status, answer, err := c.call(ctx, http.MethodPost, "/oidc/token/", map[string]string{"code": code, "verifier": verifier})
			switch {
			case err != nil:
				return LoginResult{}, err
			case status == http.StatusOK:
				return c.loginResult(answer)
			case status != http.StatusForbidden: // another program has sent a code: wait for the right one
				return LoginResult{}, signInError("/oidc/token/", status, answer)
			}
		case <-ctx.Done():
			return LoginResult{}, ctx.Err()
		}
	}
}

// hasSignIn returns nil if the manager has an identity provider.
func (c *Client) hasSignIn(ctx context.Context) error {
	status, answer, err := c.call(ctx, http.MethodGet, "/oidc/", nil)
	if err != nil {
		return err
	}
	var info struct{ Name string }
	switch {
	case status == http.StatusOK && json.Unmarshal(answer, &info) == nil && info.Name != "":
		return nil
	case status == http.StatusOK || status == http.StatusNotFound:
		return fmt.Errorf("%w: it has no identity provider", ErrNoSignIn)
	}
	return httpError(http.MethodGet, "/oidc/", status, answer)
}

// comingBack passes on the code with which a browser comes back, until ctx ends.
func comingBack(ctx context.Context, codes chan<- string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		code := r.URL.Query().Get("code")
		if r.Method != http.MethodGet || r.URL.Path != "/" || code == "" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		fmt.Fprintln(w, "You can close this window: the program goes on.")
		select {
		case codes <- code:
		case <-ctx.Done():
		case <-r.Context().Done():
		}
	})
}
