package server

import (
	"context"
	"log/slog"
	"strings"

	"github.com/rubin-love/love-go/internal/outage"
	"github.com/rubin-love/love-go/love/auth"
)

// Teller is what a [Storage] may also implement, if several servers share it; *store.Store
// does. They count wrong log-ins as one then.
type Teller interface {
	// Tell hands a text of at most 4000 bytes to all other processes that have the
	// storage open.
	Tell(ctx context.Context, text string) error
	// Told calls f with each text that another process tells, until cancel is called. f
	// must not block.
	Told(f func(text string)) (cancel func())
}

// wrongLogIn is what a text about a wrong log-in begins with.
const wrongLogIn = "wrong log-in "

// newLogInLimiter returns the limiter of log-ins, shared with the other servers if the
// storage can tell them.
func newLogInLimiter(c *Config) *auth.LogInLimiter {
	l := auth.NewLogInLimiter(c.LogInLimits, c.Clock)
	t, ok := c.Storage.(Teller)
	if !ok {
		return l
	}
	t.Told(func(text string) {
		if failure, ok := strings.CutPrefix(text, wrongLogIn); ok {
			_ = l.Learn(failure) // what is not one of ours is nobody's failure
		}
	})
	fails := outage.New(c.Logger, slog.LevelWarn, "the other managers were not told of a wrong log-in", "the other managers are told of wrong log-ins again")
	l.Share(func(failure string) {
		if err := t.Tell(context.Background(), wrongLogIn+failure); err != nil {
			fails.Failed(c.Clock.Now(), err)
			return
		}
		fails.Succeeded(c.Clock.Now())
	})
	return l
}
