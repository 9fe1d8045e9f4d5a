package kafka

import "log/slog"

// Option changes a default of [NewBus].
type Option func(*Bus)

// WithLogger sets the logger for outages of brokers and registry, topics that were
// deleted, and samples that cannot be read. Default: nothing is logged.
func WithLogger(l *slog.Logger) Option { return func(b *Bus) { b.log = l } }
