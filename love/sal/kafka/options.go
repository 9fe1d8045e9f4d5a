package kafka

import (
	"log/slog"

	"github.com/rubin-love/love-go/love"
)

// Option changes a default of [NewBus].
type Option func(*Bus)

// WithLogger sets the logger for samples that cannot be read, new partitions and
// lost connections. Default: nothing is logged.
func WithLogger(l *slog.Logger) Option { return func(b *Bus) { b.log = l } }

// WithClock sets the clock for the time of reception. Time-outs and retries always
// use the machine's clock. Default: the machine's clock.
func WithClock(c love.Clock) Option { return func(b *Bus) { b.clock = c } }
