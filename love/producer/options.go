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
	period     time.Duration
	startDelay time.Duration
	subscribe  time.Duration
	selection  selection
}

func newConfig(opts []Option) config {
	c := config{
		clock:      love.SystemClock{},
		logger:     slog.New(slog.DiscardHandler),
		period:     2 * time.Second,
		startDelay: 500 * time.Millisecond,
		subscribe:  time.Minute,
	}
	for _, o := range opts {
		o(&c)
	}
	return c
}

// WithClock sets the clock. Default: the system's.
func WithClock(clock love.Clock) Option { return func(c *config) { c.clock = clock } }

// WithLogger sets where failures are told. Default: nowhere.
func WithLogger(l *slog.Logger) Option { return func(c *config) { c.logger = l } }

// WithPeriod sets how often telemetry, and what [Base.RegisterPeriodic] names,
// is looked at. Default: 2 s, the LOVE-producer's.
func WithPeriod(d time.Duration) Option { return func(c *config) { c.period = d } }

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
