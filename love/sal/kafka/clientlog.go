package kafka

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/rubin-love/love-go/internal/outage"
)

// clientLog adapts the log of the Kafka client for an operator: info becomes debug, like
// what the bus logs itself; other warnings are logged once in a while.
type clientLog struct {
	log *slog.Logger

	mu      sync.Mutex
	outages map[string]*outage.Log // by text of the line
}

func newClientLog(log *slog.Logger) *clientLog {
	return &clientLog{log: log, outages: map[string]*outage.Log{}}
}

// ownLines begin the warnings of the client about what the bus logs itself: connections,
// and topics that were deleted.
var ownLines = []string{"unable to open connection", "read from broker", "unable to request api versions", "unable to initialize sasl", "metadata has a new ID for a topic"}

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
	own := slices.ContainsFunc(ownLines, func(start string) bool { return strings.HasPrefix(text, start) })
	if level > kgo.LogLevelWarn || own {
		l.log.Debug("kafka: "+text, keyvals...)
		return
	}
	err := errors.New("none given")
	for i := 0; i+1 < len(keyvals); i += 2 {
		if given, ok := keyvals[i+1].(error); ok {
			err, keyvals = given, slices.Delete(slices.Clone(keyvals), i, i+2)
			break
		}
	}
	l.outage(text).Failed(time.Now(), err, keyvals...)
}

// outage returns that of a line. The client does not log when it is over.
func (l *clientLog) outage(text string) *outage.Log {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.outages[text] == nil {
		l.outages[text] = outage.New(l.log, slog.LevelWarn, "kafka: "+text, "")
	}
	return l.outages[text]
}
