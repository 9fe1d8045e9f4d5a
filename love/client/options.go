package client

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/rubin-love/love-go/love"
)

// MaxMessage is the size of the longest message that is accepted from a
// manager, in bytes (manager protocol, section 2.3). A longer one ends the
// connection with close code 1009.
const MaxMessage = 16 << 20

const (
	dialTimeout  = 10 * time.Second
	writeTimeout = 10 * time.Second
	closeTimeout = 500 * time.Millisecond

	// refusedRetry is the pause after a credential was refused: a manager that
	// has to be told another password is not back within a second.
	refusedRetry = 3 * time.Second
)

// Option changes how a [Client], or a log-in, works.
type Option func(*config)

type config struct {
	token, password string
	strict          bool
	clock           love.Clock
	logger          *slog.Logger
	retryMin        time.Duration
	retryMax        time.Duration
	once            bool
	pingEvery       time.Duration
	pongTimeout     time.Duration
	buffer          int
	http            *http.Client
	dial            func(ctx context.Context, network, address string) (net.Conn, error)
}

func newConfig(opts []Option) config {
	c := config{
		clock:       love.SystemClock{},
		logger:      slog.New(slog.DiscardHandler),
		retryMin:    100 * time.Millisecond,
		retryMax:    500 * time.Millisecond,
		pingEvery:   15 * time.Second,
		pongTimeout: 15 * time.Second,
		buffer:      256,
	}
	for _, o := range opts {
		o(&c)
	}
	if c.http == nil {
		c.http = &http.Client{Timeout: 30 * time.Second}
	}
	// A redirected POST would arrive as a GET, and the token somewhere else.
	own := *c.http
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	c.http = &own
	return c
}

// WithToken connects as the user whom the token stands for (see [Login]).
// A refused or dead token ends [Client.Run].
func WithToken(token string) Option { return func(c *config) { c.token = token } }

// WithProcessPassword connects as a process: a producer, the LOVE CSC. When
// the manager refuses it, that is logged once and tried again, slowly, because
// the manager may be the one that is wrong.
func WithProcessPassword(password string) Option {
	return func(c *config) { c.password = password }
}

// WithStrictJSON asks the manager for null in place of NaN and the infinities,
// so that encoding/json can read every message. Default: as producers send them.
func WithStrictJSON() Option { return func(c *config) { c.strict = true } }

// WithClock sets the clock of pauses and pings. Default: the system's. The
// deadlines of the socket are the machine's in any case.
func WithClock(clock love.Clock) Option { return func(c *config) { c.clock = clock } }

// WithLogger sets where connections, losses and ignored messages are told.
// Default: nowhere. Credentials are never logged.
func WithLogger(l *slog.Logger) Option { return func(c *config) { c.logger = l } }

// WithRetry bounds the pause between attempts to connect. The first attempt
// after a loss is made at once, the second after about min; then the pause
// doubles up to max. Each is shortened by a random part, up to half of it, so
// that a restarted manager is not met by everybody at the same instant. After
// a refused process password the pause is about 3 s, or max if that is longer.
// Default: 100 ms and 500 ms, so that everybody is back within a second of the
// manager; set more where very many clients dial a small manager.
func WithRetry(min, max time.Duration) Option {
	return func(c *config) { c.retryMin, c.retryMax = min, max }
}

// WithoutRetry makes [Client.Run] return the first error, be it that the
// manager cannot be reached or that the connection ends: for programs that do
// one thing and report. Default: reconnect.
func WithoutRetry() Option { return func(c *config) { c.once = true } }

// WithPing sets how often the manager is pinged, and how long after a ping it
// may stay silent before the connection counts as dead. Default: 15 s each.
func WithPing(every, timeout time.Duration) Option {
	return func(c *config) { c.pingEvery, c.pongTimeout = every, timeout }
}

// WithBuffer sets how many messages wait for each iterator of
// [Client.Subscribe]. Default: 256.
func WithBuffer(messages int) Option { return func(c *config) { c.buffer = max(messages, 1) } }

// WithHTTPClient sets the client of the HTTP requests. Default: one with a
// time limit of 30 s; commands and approvals wait as long as their context.
// Redirects are never followed.
func WithHTTPClient(h *http.Client) Option { return func(c *config) { c.http = h } }

// WithDialer sets how the websocket's TCP connection is made, for proxies and
// tests. Default: [net.Dialer].
func WithDialer(dial func(ctx context.Context, network, address string) (net.Conn, error)) Option {
	return func(c *config) { c.dial = dial }
}
