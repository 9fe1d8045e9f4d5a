package producer

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/rubin-love/love-go/internal/loglevel"
	"github.com/rubin-love/love-go/love"
)

// Option is an option of some type of producer. A [Factory] takes any, and gives
// each producer those that apply to its type.
type Option interface{ configure(*config) }

// ScriptQueueOption is an option of a [ScriptQueue].
type ScriptQueueOption interface {
	Option
	forScriptQueue()
}

// CSCOption is an option of a [CSC] or a [Watcher]; it also applies to a
// [ScriptQueue].
type CSCOption interface {
	ScriptQueueOption
	forCSC()
}

// BaseOption is an option of a [Base]; it also applies to all other producers.
type BaseOption interface {
	CSCOption
	forBase()
}

// ClientOption is an option of a [Client].
type ClientOption interface{ configureClient(*clientConfig) }

// CommonOption is an option of a [Client] and of all producers.
type CommonOption interface {
	BaseOption
	ClientOption
}

// The implementations; each has the marks of the types that it applies to.
type (
	scriptQueueOption func(*config)
	cscOption         func(*config)
	baseOption        func(*config)
	clientOption      func(*clientConfig)
	commonOption      func(*commonConfig)
)

func (o scriptQueueOption) configure(c *config) { o(c) }
func (scriptQueueOption) forScriptQueue()       {}

func (o cscOption) configure(c *config) { o(c) }
func (cscOption) forScriptQueue()       {}
func (cscOption) forCSC()               {}

func (o baseOption) configure(c *config) { o(c) }
func (baseOption) forScriptQueue()       {}
func (baseOption) forCSC()               {}
func (baseOption) forBase()              {}

func (o clientOption) configureClient(c *clientConfig) { o(c) }

func (o commonOption) configure(c *config)             { o(&c.commonConfig) }
func (o commonOption) configureClient(c *clientConfig) { o(&c.commonConfig) }
func (commonOption) forScriptQueue()                   {}
func (commonOption) forCSC()                           {}
func (commonOption) forBase()                          {}

// applicable returns the options that are of a narrower type.
func applicable[O Option](opts []Option) (out []O) {
	for _, o := range opts {
		if o, ok := o.(O); ok {
			out = append(out, o)
		}
	}
	return out
}

// commonConfig is what a [Client] and producers have in common.
type commonConfig struct {
	clock  love.Clock
	logger *slog.Logger // nil for the default one
	level  slog.Leveler // nil for the logger's own
}

func defaultCommonConfig() commonConfig { return commonConfig{clock: love.SystemClock{}} }

// log returns the logger with the level applied.
func (c *commonConfig) log() *slog.Logger {
	logger, level := c.logger, c.level
	if logger == nil {
		logger = slog.Default()
		if level == nil {
			level = slog.LevelWarn
		}
	}
	if level == nil {
		return logger
	}
	return loglevel.Above(logger, level)
}

// clientConfig is the configuration of a [Client].
type clientConfig struct {
	commonConfig
	outbox            int // bytes
	subscribeInterval time.Duration
}

func newClientConfig(opts []ClientOption) clientConfig {
	c := clientConfig{commonConfig: defaultCommonConfig(), outbox: 32 << 20, subscribeInterval: time.Minute}
	for _, o := range opts {
		o.configureClient(&c)
	}
	return c
}

// check returns what is wrong with the options.
func (c *clientConfig) check() error {
	return errors.Join(
		wrongIf(c.outbox < 0, "WithOutbox(%d): give the number of bytes, 0 to keep nothing", c.outbox),
		wrongIf(c.subscribeInterval <= 0, "WithSubscribeInterval(%v): give an interval above 0", c.subscribeInterval),
	)
}

// wrongIf returns an error if a condition holds.
func wrongIf(wrong bool, format string, args ...any) error {
	if !wrong {
		return nil
	}
	return fmt.Errorf("producer: "+format, args...)
}

// config is the configuration of a producer. A type leaves alone what does not
// concern it.
type config struct {
	commonConfig
	period time.Duration // Base
	strict bool

	startDelay   time.Duration // CSC
	selection    selection
	push         bool
	pushInterval time.Duration

	layout   Layout // ScriptQueue
	finished *int   // nil for the default of the layout
	schemas  *bool  // nil for the default of the layout
	coalesce time.Duration
}

func newConfig[O Option](opts []O) config {
	c := config{commonConfig: defaultCommonConfig(), period: 2 * time.Second, startDelay: 500 * time.Millisecond}
	for _, o := range opts {
		o.configure(&c)
	}
	return c
}

// check returns what is wrong with the options, of whatever type of producer.
func (c *config) check() error {
	errs := []error{
		wrongIf(c.period <= 0, "WithPeriod(%v): give a period above 0", c.period),
		wrongIf(c.startDelay < 0, "WithStartDelay(%v): give a delay from 0", c.startDelay),
		wrongIf(c.pushInterval < 0, "WithTelemetryPush(%v): give an interval above 0, or 0 to send every sample", c.pushInterval),
		wrongIf(c.layout < Split || c.layout > Both, "WithStreamLayout(%v): give Split, Single or Both", c.layout),
		wrongIf(c.finished != nil && *c.finished < 0, "WithFinishedScripts: a script queue cannot list a negative number of finished scripts: give a number from 0"),
		wrongIf(c.coalesce < 0, "WithCoalescing(%v): give a time above 0, or 0 to send each change", c.coalesce),
	}
	for _, topic := range c.selection.periodic {
		errs = append(errs, wrongIf(slices.Contains(c.selection.asynchronous, topic),
			"topic %s is in both WithPeriodicData and WithAsynchronousData: name it in one", topic))
	}
	return errors.Join(errs...)
}

// WithClock sets the clock. Default, also for nil: the system's.
func WithClock(clock love.Clock) CommonOption {
	return commonOption(func(c *commonConfig) {
		if c.clock = clock; clock == nil {
			c.clock = love.SystemClock{}
		}
	})
}

// WithLogger sets where failures are logged. Default, also for nil: warnings and errors
// to [slog.Default].
func WithLogger(l *slog.Logger) CommonOption {
	return commonOption(func(c *commonConfig) { c.logger = l })
}

// WithLogLevel sets the lowest level that is logged; it can only make the logger
// quieter. Default: the logger's own.
func WithLogLevel(level slog.Leveler) CommonOption {
	return commonOption(func(c *commonConfig) { c.level = level })
}

// WithOutbox sets how many bytes of messages a [Client] keeps while there is no
// manager. Beyond that, the oldest messages are dropped and counted. Default:
// 32 MiB, which holds hours of events; 0 keeps nothing.
func WithOutbox(bytes int) ClientOption {
	return clientOption(func(c *clientConfig) { c.outbox = bytes })
}

// WithSubscribeInterval sets how often a [Client] repeats its subscriptions.
// Default: 60 s, the LOVE-producer's.
func WithSubscribeInterval(d time.Duration) ClientOption {
	return clientOption(func(c *clientConfig) { c.subscribeInterval = d })
}

// WithPeriod sets how often telemetry, and the functions given to
// [Base.RegisterPeriodic], are polled. Default: 2 s, the LOVE-producer's.
func WithPeriod(d time.Duration) BaseOption {
	return baseOption(func(c *config) { c.period = d })
}

// WithStrictJSON writes null for NaN and the infinities, which JSON does not
// have. Default: the bare tokens, as the LOVE-producer writes them and the
// LOVE-frontend reads them; a reader that wants null asks the manager for it.
func WithStrictJSON() BaseOption {
	return baseOption(func(c *config) { c.strict = true })
}

// WithStartDelay sets how long after its start a [CSC] begins to watch the
// heartbeat. Default: 0.5 s, the LOVE-producer's.
func WithStartDelay(d time.Duration) CSCOption {
	return cscOption(func(c *config) { c.startDelay = d })
}

// WithTelemetryPush makes a [CSC] send telemetry as it comes instead of once a
// period: at most one sample, the newest, of each topic per interval; 0 sends
// every sample. Telemetry that no longer comes is then not repeated, so that
// later viewers do not get it. Default: polled, see [WithPeriod].
func WithTelemetryPush(interval time.Duration) CSCOption {
	return cscOption(func(c *config) { c.push, c.pushInterval = true, interval })
}

// WithPeriodicData makes a [CSC] serve only the topics that are named here or in
// [WithAsynchronousData] ("tel_position"). Of those named here it sends the
// newest sample once a period. Unknown names are ignored with a warning; without
// names it selects none. Default: all telemetry.
func WithPeriodicData(topics ...string) CSCOption {
	return cscOption(func(c *config) {
		c.selection.chosen = true
		c.selection.periodic = append(c.selection.periodic, topics...)
	})
}

// WithAsynchronousData makes a [CSC] serve only the topics that are named here or
// in [WithPeriodicData] ("evt_summaryState"). Of those named here it sends every
// sample. The heartbeat is watched only if evt_heartbeat is named. Unknown names
// are ignored with a warning; without names it selects none. Default: all events.
func WithAsynchronousData(topics ...string) CSCOption {
	return cscOption(func(c *config) {
		c.selection.chosen = true
		c.selection.asynchronous = append(c.selection.asynchronous, topics...)
	})
}

// WithStreamLayout sets the streams in which a [ScriptQueue] sends its state.
// Default: [Split], which the LOVE-frontend reads; the others are for frontends
// from before release 6.6 of the LOVE-producer.
func WithStreamLayout(l Layout) ScriptQueueOption {
	return scriptQueueOption(func(c *config) { c.layout = l })
}

// WithFinishedScripts limits the finished scripts that a [ScriptQueue] lists to
// the newest n, which must not be negative. Default: 10; with layout [Single] all.
func WithFinishedScripts(n int) ScriptQueueOption {
	return scriptQueueOption(func(c *config) { c.finished = &n })
}

// WithSchemas sets whether a [ScriptQueue] asks the queue for the configuration
// schemas of all scripts when it learns which there are: one command each.
// Default: no; with layout [Single] yes.
func WithSchemas(ask bool) ScriptQueueOption {
	return scriptQueueOption(func(c *config) { c.schemas = &ask })
}

// WithCoalescing makes a [ScriptQueue] merge bursts of changes of its scripts:
// the stream that lists them is sent at most once per d. Default: 0, which sends
// each change, as the LOVE-producer does. A queue of many scripts gains from
// 50 ms, a delay that nobody notices.
func WithCoalescing(d time.Duration) ScriptQueueOption {
	return scriptQueueOption(func(c *config) { c.coalesce = d })
}
