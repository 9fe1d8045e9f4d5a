package producer

import (
	"log/slog"
	"time"

	"github.com/rubin-love/love-go/love"
)

// Option changes how a producer, or a [Client], works. One that has no meaning
// for a type is ignored there, so that the same options can go to all.
type Option func(*config)

type config struct {
	clock      love.Clock
	logger     *slog.Logger
	level      slog.Leveler // nil: the logger's
	period     time.Duration
	startDelay time.Duration
	subscribe  time.Duration
	selection  selection

	strict       bool
	push         bool
	pushInterval time.Duration

	layout   Layout
	finished limit
	schemas  *bool // nil: as the layout has it
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

// WithLogger sets where failures are told. Default: nowhere.
func WithLogger(l *slog.Logger) Option { return func(c *config) { c.logger = l } }

// WithLogLevel sets the least level of what is told; it can only make the
// logger more silent. Default: the logger's own.
func WithLogLevel(level slog.Leveler) Option { return func(c *config) { c.level = level } }

// WithStrictNumbers writes null for NaN and the infinities, which JSON does not
// have. Default: the bare tokens, as the LOVE-producer writes them and the
// LOVE-frontend reads them; a reader that wants null asks the manager for it.
func WithStrictNumbers() Option { return func(c *config) { c.strict = true } }

// WithPeriod sets how often telemetry, and what [Base.RegisterPeriodic] names,
// is looked at. Default: 2 s, the LOVE-producer's.
func WithPeriod(d time.Duration) Option { return func(c *config) { c.period = d } }

// WithTelemetryPush makes a [CSC] send telemetry as it comes in place of once a
// period: of each topic at most one sample per interval, the newest; 0 sends
// all. What a component no longer says is then not repeated, which a viewer
// that comes later has to do without. Default: polled, see [WithPeriod].
func WithTelemetryPush(interval time.Duration) Option {
	return func(c *config) { c.push, c.pushInterval = true, interval }
}

// WithOutbox sets how many bytes of messages a [Client] keeps while there is no
// manager. Beyond it the oldest are dropped and counted. Default: 32 MiB, which
// is hours of events; 0 keeps nothing.
func WithOutbox(bytes int) Option { return func(c *config) { c.outbox = bytes } }

// WithStartDelay sets how long after its start a [CSC] begins to watch the
// heartbeat. Default: 0.5 s, the LOVE-producer's.
func WithStartDelay(d time.Duration) Option { return func(c *config) { c.startDelay = d } }

// WithSubscribeInterval sets how often a [Client] repeats its subscriptions.
// Default: 60 s, the LOVE-producer's.
func WithSubscribeInterval(d time.Duration) Option { return func(c *config) { c.subscribe = d } }

// WithPeriodicData makes a [CSC] serve only the topics that this and
// [WithAsynchronousData] name ("tel_position"), these by looking at their newest
// sample once a period. Unknown names are ignored with a warning; without names
// it selects none. Default: all telemetry.
func WithPeriodicData(topics ...string) Option {
	return func(c *config) {
		c.selection.chosen = true
		c.selection.periodic = append(c.selection.periodic, topics...)
	}
}

// WithAsynchronousData makes a [CSC] serve only the topics that this and
// [WithPeriodicData] name ("evt_summaryState"), these sample by sample. Without
// evt_heartbeat among them the heartbeat is not watched. Unknown names are
// ignored with a warning; without names it selects none. Default: all events.
func WithAsynchronousData(topics ...string) Option {
	return func(c *config) {
		c.selection.chosen = true
		c.selection.asynchronous = append(c.selection.asynchronous, topics...)
	}
}
