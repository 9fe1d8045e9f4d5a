package producer

import (
	"log/slog"
	"time"

	"github.com/rubin-love/love-go/love"
)

// Option configures a producer or a [Client]. An option without a meaning for a
// type is ignored there, so that the same options can go to all.
type Option func(*config)

type config struct {
	clock      love.Clock
	logger     *slog.Logger
	level      slog.Leveler // nil for the logger's own
	period     time.Duration
	startDelay time.Duration
	subscribe  time.Duration
	selection  selection

	strict       bool
	push         bool
	pushInterval time.Duration

	layout   Layout
	finished limit
	schemas  *bool // nil for the default of the layout
	coalesce time.Duration

	outbox int
}

func newConfig(opts []Option) config {
	c := config{
		clock:      love.SystemClock{},
		logger:     slog.New(slog.DiscardHandler),
		period:     2 * time.Second,
		startDelay: 500 * time.Millisecond,
		subscribe:  time.Minute,
		outbox:     32 << 20,
	}
	for _, o := range opts {
		o(&c)
	}
	if c.level != nil {
		c.logger = slog.New(leveled{c.logger.Handler(), c.level})
	}
	return c
}

// WithClock sets the clock. Default: the system's.
func WithClock(clock love.Clock) Option { return func(c *config) { c.clock = clock } }

// WithLogger sets where failures are logged. Default: nowhere.
func WithLogger(l *slog.Logger) Option { return func(c *config) { c.logger = l } }

// WithLogLevel sets the lowest level that is logged; it can only make the logger
// quieter. Default: the logger's own.
func WithLogLevel(level slog.Leveler) Option { return func(c *config) { c.level = level } }

// WithStrictNumbers writes null for NaN and the infinities, which JSON does not
// have. Default: the bare tokens, as the LOVE-producer writes them and the
// LOVE-frontend reads them; a reader that wants null asks the manager for it.
func WithStrictNumbers() Option { return func(c *config) { c.strict = true } }

// WithPeriod sets how often telemetry, and the functions given to
// [Base.RegisterPeriodic], are polled. Default: 2 s, the LOVE-producer's.
func WithPeriod(d time.Duration) Option { return func(c *config) { c.period = d } }

// WithTelemetryPush makes a [CSC] send telemetry as it comes instead of once a
// period: at most one sample, the newest, of each topic per interval; 0 sends
// every sample. Telemetry that no longer comes is then not repeated, so that
// later viewers do not get it. Default: polled, see [WithPeriod].
func WithTelemetryPush(interval time.Duration) Option {
	return func(c *config) { c.push, c.pushInterval = true, interval }
}

// WithOutbox sets how many bytes of messages a [Client] keeps while there is no
// manager. Beyond that, the oldest messages are dropped and counted. Default:
// 32 MiB, which holds hours of events; 0 keeps nothing.
func WithOutbox(bytes int) Option { return func(c *config) { c.outbox = bytes } }

// WithStartDelay sets how long after its start a [CSC] begins to watch the
// heartbeat. Default: 0.5 s, the LOVE-producer's.
func WithStartDelay(d time.Duration) Option { return func(c *config) { c.startDelay = d } }

// WithSubscribeInterval sets how often a [Client] repeats its subscriptions.
// Default: 60 s, the LOVE-producer's.
func WithSubscribeInterval(d time.Duration) Option { return func(c *config) { c.subscribe = d } }

// WithPeriodicData makes a [CSC] serve only the topics that are named here or in
// [WithAsynchronousData] ("tel_position"). Of those named here it sends the
// newest sample once a period. Unknown names are ignored with a warning; without
// names it selects none. Default: all telemetry.
func WithPeriodicData(topics ...string) Option {
	return func(c *config) {
		c.selection.chosen = true
		c.selection.periodic = append(c.selection.periodic, topics...)
	}
}

// WithAsynchronousData makes a [CSC] serve only the topics that are named here or
// in [WithPeriodicData] ("evt_summaryState"). Of those named here it sends every
// sample. The heartbeat is watched only if evt_heartbeat is named. Unknown names
// are ignored with a warning; without names it selects none. Default: all events.
func WithAsynchronousData(topics ...string) Option {
	return func(c *config) {
		c.selection.chosen = true
		c.selection.asynchronous = append(c.selection.asynchronous, topics...)
	}
}
