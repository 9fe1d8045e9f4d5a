package client

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/rubin-love/love-go/internal/loglevel"
)

// MaxMessage is the size of the largest message that is accepted from a manager, in
// bytes (docs/protocol/manager.md#transport). A longer one ends the connection with
// close code 1009.
const MaxMessage = 16 << 20

const (
	dialTimeout  = 10 * time.Second
	writeTimeout = 10 * time.Second
	closeTimeout = 500 * time.Millisecond

	// runTimeout is how long what needs Run waits for its call.
	runTimeout = 5 * time.Second

	// refusedRetry is the pause after a credential was refused: a manager that
	// needs another password is not back within a second.
	refusedRetry = 3 * time.Second
)

// Option changes how a [Client], or a log-in, works.
type Option func(*config)

type config struct {
	token, password string
	tokenGiven      bool // by an option, even if it is empty
	passwordGiven   bool
	retryGiven      bool
	strict          bool
	logger          *slog.Logger
	retryMin        time.Duration
	retryMax        time.Duration
	once            bool
	pingInterval    time.Duration
	pongTimeout     time.Duration
	buffer          int
	http            *http.Client
	credential      func(*http.Request) error // of the caller's own; may be nil
	dial            func(ctx context.Context, network, address string) (net.Conn, error)
}

func newConfig(opts []Option) config {
	c := config{
		logger:       loglevel.Above(slog.Default(), slog.LevelWarn),
		retryMin:     100 * time.Millisecond,
		retryMax:     500 * time.Millisecond,
		pingInterval: 15 * time.Second,
		pongTimeout:  15 * time.Second,
		buffer:       256,
	}
	for _, o := range opts {
		o(&c)
	}
	if c.http == nil {
		c.http = &http.Client{Timeout: 30 * time.Second}
	}
	// A redirected POST would arrive as a GET, and the token at another site.
	own := *c.http
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	c.http = &own
	return c
}

// WithToken connects as the user to whom the token belongs (see [Login]). A
// token that is refused or no longer valid ends [Client.Run]. An empty token, and a
// process password beside it, are errors of [New].
func WithToken(token string) Option { return func(c *config) { c.token, c.tokenGiven = token, true } }

// WithProcessPassword connects as a process: a producer, the LOVE CSC. When
// the manager refuses the password, that is logged once and tried again, slowly,
// because it may be the manager's that is wrong. An empty password, and a token beside
// it, are errors of [New].
func WithProcessPassword(password string) Option {
	return func(c *config) { c.password, c.passwordGiven = password, true }
}

// WithCredential has add put a credential of your own into every request to the manager,
// that for the websocket included: a header, a cookie or a parameter of the query, for a
// gate or a proxy of your own. It is called for each request and each attempt to connect,
// so the credential may change meanwhile; an error is that of the request, or a failed
// attempt. The manager is asked again, slowly, when it refuses the credential. Cookies in
// the Jar of [WithHTTPClient] are sent without it.
//
//	client.WithCredential(func(r *http.Request) error {
//		r.Header.Set("X-Badge", badge)
//		return nil
//	})
func WithCredential(add func(r *http.Request) error) Option {
	return func(c *config) { c.credential = add }
}

// WithStrictJSON asks the manager for null in place of NaN and the infinities,
// so that encoding/json can read every message. Default: as producers send them.
func WithStrictJSON() Option { return func(c *config) { c.strict = true } }

// WithLogger sets where connections, their losses and ignored messages are
// logged. Default, also for nil: warnings, such as a password that is refused, in
// [slog.Default]. Credentials are never logged.
func WithLogger(l *slog.Logger) Option {
	return func(c *config) {
		if c.logger = l; l == nil {
			c.logger = loglevel.Above(slog.Default(), slog.LevelWarn)
		}
	}
}

// WithRetry bounds the pause between attempts to connect. The first attempt
// after a loss is made at once, the second after about min; then the pause
// doubles up to max. Each is shortened by a random part, up to half of it, so
// that not all clients of a restarted manager connect at the same instant. After
// a refused process password the pause is about 3 s, or max if that is longer.
// Default: 100 ms and 500 ms, so that all clients are back within a second of
// the manager; set more where very many clients connect to a small manager.
func WithRetry(min, max time.Duration) Option {
	return func(c *config) { c.retryMin, c.retryMax, c.retryGiven = min, max, true }
}

// WithoutRetry makes [Client.Run] return the first error, whether the manager
// cannot be reached or the connection ends: for programs that do one thing and
// report. Default: reconnect.
func WithoutRetry() Option { return func(c *config) { c.once = true } }

// WithPing sets the interval between the pings to the manager, and how long
// after a ping it may stay silent before the connection counts as lost. A value
// of 0 is the default. Default: 15 s each.
func WithPing(interval, timeout time.Duration) Option {
	return func(c *config) {
		if interval != 0 {
			c.pingInterval = interval
		}
		if timeout != 0 {
			c.pongTimeout = timeout
		}
	}
}

// WithBuffer sets how many messages may wait for each iterator of
// [Client.Subscribe]. Default: 256.
func WithBuffer(messages int) Option { return func(c *config) { c.buffer = messages } }

// WithHTTPClient sets the client for the HTTP requests. Default: one with a
// timeout of 30 s; commands and approvals wait as long as their context.
// Redirects are never followed. The cookies of its Jar go with the websocket's
// handshake, too; its Transport is for HTTP alone (see [WithDialer]).
func WithHTTPClient(h *http.Client) Option { return func(c *config) { c.http = h } }

// WithDialer sets how the websocket's TCP connection is made, for proxies and
// tests. Default: [net.Dialer].
func WithDialer(dial func(ctx context.Context, network, address string) (net.Conn, error)) Option {
	return func(c *config) { c.dial = dial }
}
