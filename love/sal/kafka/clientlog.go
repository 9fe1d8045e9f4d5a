package kafka

import (
	"context"
	"log/slog"
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"
)

// clientLog adapts the log of the Kafka client for an operator: info becomes debug,
// and warnings that repeat while brokers are down are logged once in a while.
type clientLog struct {
	log *slog.Logger

	mu       sync.Mutex
	limiters map[string]*logLimiter // by text of the line
}

func newClientLog(log *slog.Logger) *clientLog {
	return &clientLog{log: log, limiters: map[string]*logLimiter{}}
}

// Level implements kgo.Logger.
func (l *clientLog) Level() kgo.LogLevel {
	switch ctx := context.Background(); {
	case l.log.Enabled(ctx, slog.LevelDebug):
		return kgo.LogLevelInfo
	case l.log.Enabled(ctx, slog.LevelWarn):
		return kgo.LogLevelWarn
	}
	return kgo.LogLevelError
}

// Log implements kgo.Logger.
func (l *clientLog) Log(level kgo.LogLevel, text string, keyvals ...any) {
	to := slog.LevelDebug
	switch level {
	case kgo.LogLevelError:
		to = slog.LevelError
	case kgo.LogLevelWarn:
		to = slog.LevelWarn
	}
	if to >= slog.LevelWarn && !l.limiter(text).allow() {
		return
	}
	l.log.Log(context.Background(), to, "kafka: "+text, keyvals...)
}

func (l *clientLog) limiter(text string) *logLimiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.limiters[text] == nil {
		l.limiters[text] = &logLimiter{}
	}
	return l.limiters[text]
}
