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

// Gate decides who may connect. [auth.Gate] is the one of LOVE's clients, with a token
// or the process password in the query.
//
// A gate is asked once, when a websocket is opened. If it withdraws somebody later, call
// [Hub.DisconnectUser], or give the principal an Expires.
//
// Browsers add cookies, HTTP passwords and client certificates by themselves, to requests
// of any web site, too. With a gate that accepts such a credential, or the address of the
// client, a foreign page could use the websocket in its visitor's name, so only pages of
// the manager's own host may connect, unless the gate is an [OriginGate] or there are
// [WithOrigins].
type Gate interface {
	// Admit returns who is connecting: a user with a name, or a process. An error
	// refuses the handshake with 403; its text reaches the client.
	Admit(r *http.Request) (auth.Principal, error)
}

// OriginGate is what a [Gate] may also implement, to let pages of any origin connect.
type OriginGate interface {
	Gate
	// AnyOrigin reports whether the credential that Admit accepts in this handshake is
	// one that browsers do not add by themselves, such as a token in the query.
	AnyOrigin(r *http.Request) bool
}

// GateFunc makes a function a [Gate].
type GateFunc func(r *http.Request) (auth.Principal, error)

// Admit implements [Gate].
func (f GateFunc) Admit(r *http.Request) (auth.Principal, error) { return f(r) }

// NaN is what is sent for the bare tokens NaN, Infinity and -Infinity.
type NaN int

const (
	// NaNRaw passes them on unchanged: the LOVE-frontend reads them. It is the
	// default.
	NaNRaw NaN = iota
	// NaNNull sends null, for clients with a strict JSON parser. A single
	// connection asks for it with the query parameter nan=null.
	NaNNull
)

type config struct {
	gate               Gate
	authorizer         auth.Authorizer
	userPublish        UserPublish
	origins            func(origin string) bool // nil: those that the gate allows
	clock              love.Clock
	log                *slog.Logger
	broker             Broker
	limits             Limits
	observer           Observer
	drain              time.Duration
	tracing            bool
	nan                NaN
	legacyInitialState bool
	heartbeatPeriod    time.Duration
	heartbeats         func() []Heartbeat // others to send with the manager's; may be nil
	pingInterval       time.Duration
	writeInterval      time.Duration
	compression        bool
	past               Past          // nil for none
	closeTimeout       time.Duration // of the closing handshake
	slowCloseTimeout   time.Duration // the same, for a peer that reads slowly
}

func defaults() config {
	return config{
		gate: GateFunc(func(*http.Request) (auth.Principal, error) {
			return auth.Principal{}, errors.New("this hub has no gate and admits nobody: see hub.WithGate")
		}),
		authorizer:      forbidAll{},
		clock:           love.SystemClock{},
		log:             slog.New(slog.DiscardHandler),
		broker:          NewMemoryBroker(),
		limits:          DefaultLimits(),
		observer:        NopObserver{},
		tracing:         true,
		heartbeatPeriod: 2900 * time.Millisecond,
		pingInterval:    DefaultPing,
		writeInterval:   DefaultWriteInterval,
		compression:     true,
		closeTimeout:    time.Second,

		slowCloseTimeout: 10 * time.Second,
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

// WithOrigins sets which browser origins, "https://love.example", may connect. Default:
// any if the gate is an [OriginGate] that allows it, else those whose host is that of the
// request. Programs other than browsers have no origin and may always connect.
func WithOrigins(allowed func(origin string) bool) Option {
	return func(c *config) { c.origins = allowed }
}

// WithClock sets the clock. Default: the system's.
func WithClock(clock love.Clock) Option { return func(c *config) { c.clock = clock } }

// WithLogger sets where refused connections, the ends of sessions and failures
// of the broker are logged. Default: nowhere. Credentials are never logged.
func WithLogger(l *slog.Logger) Option { return func(c *config) { c.log = l } }

// WithBroker connects the hub to others, which then act as one. Default: a
// [MemoryBroker] of its own.
func WithBroker(b Broker) Option { return func(c *config) { c.broker = b } }

// WithLimits sets the limits. Default: [DefaultLimits].
func WithLimits(l Limits) Option { return func(c *config) { c.limits = l.WithDefaults() } }

// WithTracing sets whether delivered messages carry "tracing". Default: true,
// as the Python manager; nothing in the LOVE-frontend reads it.
func WithTracing(on bool) Option { return func(c *config) { c.tracing = on } }

// WithNaN sets what is sent for NaN and the infinities. Default: [NaNRaw].
func WithNaN(n NaN) Option { return func(c *config) { c.nan = n } }

// WithLegacyInitialState sends initial_state requests to the broadest group,
// for producers from before 2022, which listen only there. Default: false.
func WithLegacyInitialState(on bool) Option { return func(c *config) { c.legacyInitialState = on } }

// WithHeartbeats sets the period of the manager's heartbeat, and a function
// that returns other heartbeats to send with it, which must not block. A period
// of 0 is the default. Default: 2.9 s, a little less than the 3 s after which
// the LOVE-frontend looks for a change, and no others.
func WithHeartbeats(period time.Duration, extra func() []Heartbeat) Option {
	return func(c *config) {
		if period > 0 {
			c.heartbeatPeriod = period
		}
		c.heartbeats = extra
	}
}

// DefaultPing is the interval between the pings of a session; see [WithPing].
const DefaultPing = 20 * time.Second

// WithPing sets the interval between the pings of a session. A session that
// has been silent since its last ping is closed. An interval of 0 is the
// default. Default: [DefaultPing].
func WithPing(interval time.Duration) Option {
	return func(c *config) {
		if interval > 0 {
			c.pingInterval = interval
		}
	}
}

// DefaultWriteInterval is less than what a screen shows between two frames; see
// [WithWriteInterval].
const DefaultWriteInterval = 10 * time.Millisecond

// MaxWriteInterval is the longest write interval.
const MaxWriteInterval = time.Second

// WithWriteInterval sets the least time between two writes of telemetry to a user's
// session. Telemetry that comes earlier waits until the interval is over and is then
// written together, complete and in order: most of what the hub costs is the number of
// writes. Telemetry after a pause is written at once, and so is everything that is not
// telemetry, together with what waits. A connection asks for an interval of its own with
// the query parameter write_interval, in milliseconds. Connections of processes have
// none unless they ask, nor has a [Local]; see [LocalInterval]. The interval is at most [MaxWriteInterval] and
// half of [Limits.BacklogAge]; 0 switches it off. Default: [DefaultWriteInterval].
func WithWriteInterval(d time.Duration) Option {
	return func(c *config) { c.writeInterval = min(max(d, 0), MaxWriteInterval) }
}

// WithCompression sets whether messages are compressed for clients that offer
// permessage-deflate (RFC 7692), as browsers do, and whether what they send may be. A
// message is compressed once for all of them, when it is first written to one; a small
// one is not. Limits of what a client may send hold for the inflated message; those of
// what may wait are of messages before they are compressed. Default: true.
func WithCompression(on bool) Option { return func(c *config) { c.compression = on } }

// WithHistory lets subscriptions begin with a history, out of an archive that records this
// hub. Default: none, they begin without.
func WithHistory(p Past) Option { return func(c *config) { c.past = p } }

// WithObserver attaches metrics. Default: [NopObserver].
func WithObserver(o Observer) Option { return func(c *config) { c.observer = o } }

// WithDrain spreads the closing of sessions over a time when the hub shuts
// down, so that their clients do not all reconnect at once. Default: 0, all at
// once; set it where another manager takes over thousands of clients.
func WithDrain(d time.Duration) Option { return func(c *config) { c.drain = d } }
