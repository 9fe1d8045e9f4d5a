package kafka

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// clientLog passes on the client's log lines as an operator needs them: info becomes
// debug, and lines that repeat while brokers are away are logged only once in a
// while.
type clientLog struct {
	log *slog.Logger

	mu   sync.Mutex
	said map[string]*limiter // by text of the line
}

func newClientLog(log *slog.Logger) *clientLog {
	return &clientLog{log: log, said: map[string]*limiter{}}
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
func (l *clientLog) Log(level kgo.LogLevel, text string, more ...any) {
	to := slog.LevelDebug
	switch level {
	case kgo.LogLevelError:
		to = slog.LevelError
	case kgo.LogLevelWarn:
		to = slog.LevelWarn
	}
	if to >= slog.LevelWarn && !l.limiter(text).allow(complaintPause) {
		return
	}
	l.log.Log(context.Background(), to, "kafka: "+text, more...)
}

func (l *clientLog) limiter(text string) *limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.said[text] == nil {
		l.said[text] = &limiter{}
	}
	return l.said[text]
}

// complaintPause is the least time between warnings about the same trouble.
const complaintPause = 30 * time.Second

// limiter limits how often a line is logged.
type limiter struct {
	mu   sync.Mutex
	last time.Time
}

func (l *limiter) allow(pause time.Duration) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now := time.Now(); l.last.IsZero() || now.Sub(l.last) >= pause {
		l.last = now
		return true
	}
	return false
}
