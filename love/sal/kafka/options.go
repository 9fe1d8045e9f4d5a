package kafka

import (
	"log/slog"

	"github.com/rubin-love/love-go/love"
)

// Option changes a default of [NewBus].
type Option func(*Bus)

// WithLogger sets where samples that cannot be read, partitions that appear and
// connections that are lost are reported. Default: nowhere.
func WithLogger(l *slog.Logger) Option { return func(b *Bus) { b.log = l } }

// WithClock sets where the time of reception comes from. Default: the
// machine's clock. Waiting and trying again go by the machine's in any case.
func WithClock(c love.Clock) Option { return func(b *Bus) { b.clock = c } }
