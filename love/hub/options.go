package hub

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
)

// Option changes a default of a hub; see [New].
type Option func(*config)

// Gate decides who may connect. An error refuses the handshake with 403; its
// text reaches the client.
type Gate interface {
	Admit(r *http.Request) (auth.Principal, error)
}

// GateFunc makes a function a [Gate].
type GateFunc func(r *http.Request) (auth.Principal, error)

// Admit implements [Gate].
func (f GateFunc) Admit(r *http.Request) (auth.Principal, error) { return f(r) }

// UserPublish says what the connection of a user may publish. A process may
// publish anything.
type UserPublish int

const (
	// PublishLoveCSC allows category love_csc to users who may command, as
	// the HTTP route for observing logs does, and everything to users with
	// auth.Publish. It is the default.
	PublishLoveCSC UserPublish = iota
	// PublishNone allows nothing.
	PublishNone
	// PublishAny allows everything, as the Python manager does.
	PublishAny
)

// NaN says what is sent for the bare tokens NaN, Infinity and -Infinity.
type NaN int

const (
	// NaNRaw passes them on as they came: the LOVE-frontend reads them. It is
	// the default.
	NaNRaw NaN = iota
	// NaNNull sends null, for clients with a strict JSON parser. A single
	// connection asks for it with the query parameter nan=null.
	NaNNull
)

// Limits bounds what clients can make the hub hold. A zero field means the
// default.
type Limits struct {
	UserMessage    int // bytes of one message of a user; default 64 KiB
	ProcessMessage int // bytes of one message of a process; default 16 MiB

	// BacklogBytes is how many bytes may wait for a session, and BacklogAge
	// for how long a frame may wait, before waiting telemetry is conflated;
	// default 4 MiB and 1 s.
	BacklogBytes int
	BacklogAge   time.Duration
	// QueueBytes is how many bytes of events and answers, and how many of
	// conflated telemetry, may wait for a session before it is closed;
	// default 32 MiB.
	QueueBytes int

	Subscriptions int // groups that one session may be in; default 10 000
	Sessions      int // connections in all; default 20 000
	UserSessions  int // connections of one user; default 1000
	GroupName     int // bytes of a group's name; default 1024
	// LastBytes is how many bytes of last values are kept for snapshots;
	// default 16 MiB. It should be below QueueBytes: a snapshot of everything
	// has to fit into one queue.
	LastBytes int
}

func (l Limits) withDefaults() Limits {
	for _, f := range []struct {
		field *int
		value int
	}{
		{&l.UserMessage, 64 << 10}, {&l.ProcessMessage, 16 << 20},
		{&l.BacklogBytes, 4 << 20}, {&l.QueueBytes, 32 << 20},
		{&l.Subscriptions, 10_000}, {&l.Sessions, 20_000}, {&l.UserSessions, 1000},
		{&l.GroupName, 1024}, {&l.LastBytes, 16 << 20},
	} {
		if *f.field == 0 {
			*f.field = f.value
		}
	}
	if l.BacklogAge == 0 {
		l.BacklogAge = time.Second
	}
	return l
}

// Heartbeat is the sign of life of one part of the system, sent to the group
// heartbeat-manager-0-stream (manager protocol, section 2.7).
type Heartbeat struct {
	CSC       string  // "Commander"
	Timestamp float64 // UNIX seconds
}

func defaults() config {
	return config{
		gate: GateFunc(func(*http.Request) (auth.Principal, error) {
			return auth.Principal{}, errors.New("this hub has no gate and admits nobody: see hub.WithGate")
		}),
		authorizer:      forbidAll{},
		origins:         func(string) bool { return true },
		clock:           love.SystemClock{},
		log:             slog.New(slog.DiscardHandler),
		broker:          NewMemoryBroker(),
		limits:          Limits{}.withDefaults(),
		observer:        NopObserver{},
		tracing:         true,
		heartbeatPeriod: 2900 * time.Millisecond,
		pingInterval:    20 * time.Second,
		closeTimeout:    time.Second,
	}
}

type forbidAll struct{}

func (forbidAll) Authorize(context.Context, auth.Principal, auth.Permission) error {
	return auth.ErrForbidden
}

// WithGate sets who may connect. Default: nobody.
func WithGate(g Gate) Option { return func(c *config) { c.gate = g } }

// WithAuthorizer sets the authorizer that decides whether a user may publish.
// Default: one that forbids everything.
func WithAuthorizer(a auth.Authorizer) Option { return func(c *config) { c.authorizer = a } }

// WithUserPublish sets what users may publish. Default: [PublishLoveCSC].
func WithUserPublish(p UserPublish) Option { return func(c *config) { c.userPublish = p } }

// WithOrigins sets which browser origins may connect. Default: any, because
// browsers do not send the credential by themselves.
func WithOrigins(allowed func(origin string) bool) Option {
	return func(c *config) { c.origins = allowed }
}

// WithClock sets the clock. Default: the system's.
func WithClock(clock love.Clock) Option { return func(c *config) { c.clock = clock } }

// WithLogger sets the log. Default: none.
func WithLogger(log *slog.Logger) Option { return func(c *config) { c.log = log } }

// WithBroker connects the hub to others that act as one with it. Default: a
// [MemoryBroker] of its own.
func WithBroker(b Broker) Option { return func(c *config) { c.broker = b } }

// WithLimits sets the bounds. Default: see [Limits].
func WithLimits(l Limits) Option { return func(c *config) { c.limits = l.withDefaults() } }

// WithTracing sets whether delivered messages carry "tracing". Default: true,
// as the Python manager; nothing in the LOVE-frontend reads it.
func WithTracing(on bool) Option { return func(c *config) { c.tracing = on } }

// WithNaN sets what is sent for NaN and the infinities. Default: [NaNRaw].
func WithNaN(n NaN) Option { return func(c *config) { c.nan = n } }

// WithLegacyInitialState sends initial_state requests to the broadest group,
// for producers from before 2022, which listen only there. Default: false.
func WithLegacyInitialState(on bool) Option { return func(c *config) { c.legacyRequests = on } }

// WithHeartbeats sets the period of the manager's heartbeat, and a function
// that returns other heartbeats to send with it. extra must not block.
// Default: 2.9 s, a little less than the 3 s after which the LOVE-frontend
// looks for a change, and no others.
func WithHeartbeats(period time.Duration, extra func() []Heartbeat) Option {
	return func(c *config) {
		if period > 0 {
			c.heartbeatPeriod = period
		}
		c.heartbeats = extra
	}
}

// WithPing sets the interval between the pings of a session. A session that
// has been silent since its last ping is closed. Default: 20 s.
func WithPing(interval time.Duration) Option {
	return func(c *config) {
		if interval > 0 {
			c.pingInterval = interval
		}
	}
}

// WithObserver attaches metrics. Default: [NopObserver].
func WithObserver(o Observer) Option { return func(c *config) { c.observer = o } }

// WithDrain spreads the closing of sessions over a time when the hub shuts
// down, so that their clients do not all reconnect at once. Default: 0, all at
// once; set it where another manager takes over thousands of them.
func WithDrain(window time.Duration) Option { return func(c *config) { c.drain = window } }
