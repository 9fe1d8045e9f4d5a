package archive_test

import (
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/history/archive"
)

// settable is a clock that can be set.
type settable struct {
	love.SystemClock
	ahead atomic.Int64
}

func (c *settable) Now() time.Time          { return time.Now().Add(time.Duration(c.ahead.Load())) }
func (c *settable) set(ahead time.Duration) { c.ahead.Store(int64(ahead)) }

const day = 24 * time.Hour

// TestAJumpOfTheClockRemovesNoFiles has an archive with files of five days, and sets the
// clock a year ahead.
func TestAJumpOfTheClockRemovesNoFiles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var clock settable
		var log logged
		c := archive.Config{Dir: t.TempDir(), Clock: &clock, MaxAge: 10 * day, Log: log.logger()}
		a := open(t, c)
		for n := range 5 {
			record(t, a, delivery(clock.Now(), position, fmt.Sprintf(`{"n":%d}`, n)))
			time.Sleep(day)
		}
		count := func() int { return len(files(t, c.Dir)) }
		require.Equal(t, 5, count())
		clock.set(365 * day)
		time.Sleep(time.Hour)
		require.Equal(t, 5, count())
		require.Len(t, log.lines(), 1, "said once")
		require.Contains(t, log.lines()[0], "set it right")

		record(t, a, delivery(clock.Now(), position, `{"n":5}`)) // a message of next year
		require.NoError(t, a.Close())
		a = open(t, c)
		time.Sleep(time.Hour)
		require.Equal(t, 6, count(), "nor does a start with the wrong clock")

		clock.set(0)
		time.Sleep(4 * day)
		require.Equal(t, 6, count(), "the clock is right again")
		require.Contains(t, log.lines()[len(log.lines())-1], "again that by the clock")
		time.Sleep(3 * day)
		require.Equal(t, 3, count(), "and files become too old by it")
		require.NoError(t, a.Close())
	})
}

func TestAClockThatRunsOnIsBelieved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var clock settable
		c := archive.Config{Dir: t.TempDir(), Clock: &clock, MaxAge: 10 * day}
		a := open(t, c)
		record(t, a, delivery(clock.Now(), position, `{"n":1}`))
		require.NoError(t, a.Close())
		require.NoError(t, os.Remove(filepath.Join(c.Dir, "love.lock")), "the newest message tells, too")
		time.Sleep(12 * day) // nobody recorded
		a = open(t, c)
		require.Len(t, files(t, c.Dir), 1)
		time.Sleep(4 * day)
		require.Len(t, files(t, c.Dir), 1, "8 days by its age")
		time.Sleep(2 * day)
		require.Empty(t, files(t, c.Dir))
		require.NoError(t, a.Close())
	})
}
