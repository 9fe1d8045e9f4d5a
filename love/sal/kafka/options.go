package kafka

import "log/slog"

// Option changes a default of [NewBus].
type Option func(*Bus)

// WithLogger sets the logger for samples that cannot be read, new partitions and
// lost connections. Default: nothing is logged.
func WithLogger(l *slog.Logger) Option { return func(b *Bus) { b.log = l } }
