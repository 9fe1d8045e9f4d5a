package auth_test

import (
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth/password"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// cheap keeps the tests quick: what a hash costs is not what they are about.
func cheap() *password.Hasher { return password.New(password.WithCost(8, 1)) }

// clock stands still until it is set forward.
type clock struct {
	love.SystemClock
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock {
	return &clock{now: time.Date(2026, 3, 14, 1, 59, 26, 0, time.UTC)}
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}
