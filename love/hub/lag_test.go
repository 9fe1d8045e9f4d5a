package hub_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/hub"
	"github.com/rubin-love/love-go/love/lovetest"
)

// behind returns a subscriber that has answered its first pings and no more, for which
// messages wait, and the bytes of the frame of each.
func behind(t *testing.T, query string) (h *hub.Hub, clock *lovetest.Clock, c *conn, frame int) {
	t.Helper()
	clock = newClock()
	h, url := start(t, hub.WithClock(clock), hub.WithPing(time.Hour))
	c = dial(t, url, query).subscribe("event-A-1-s")
	publisher := dialProcess(t, url)
	publish := func() {
		publisher.send(`{"category":"event","data":[{"csc":"A","salindex":1,"data":{"s":"` + strings.Repeat("x", 2000) + `"}}]}`)
		publisher.sync()
	}
	for range 3 {
		publish()
		frame = len(c.next()) + 4
	}
	require.Positive(t, c.windowPings, "the hub measures")
	c.sync() // the answers have been read
	c.mute = true
	for range 30 {
		publish()
	}
	return h, clock, c, frame
}

func (c *conn) read(messages int) {
	c.t.Helper()
	for range messages {
		_ = c.next()
	}
}

// waiting returns how many bytes wait for the session that is subscribed.
func waiting(h *hub.Hub) (bytes int) {
	for _, s := range h.Sessions() {
		if s.Groups > 0 {
			bytes += s.Waiting
		}
	}
	return bytes
}

func TestAnAnswerThatIsLostStopsNothing(t *testing.T) {
	h, clock, c, frame := behind(t, "token=ada")
	require.Positive(t, waiting(h), "the window is full")
	sent := 30 - waiting(h)/frame
	c.read(sent)
	clock.WaitForTimers(3)
	clock.Advance(3 * time.Second)
	c.read(1) // it comes with another ping, which stands for all before it
	c.mute = false
	c.read(30 - sent - 1)
	c.sync()
	require.Zero(t, h.Stats().Closed["slow"])
}

func TestAScreenThatStaysBehindIsClosed(t *testing.T) {
	h, clock, c, _ := behind(t, "token=ada")
	began := clock.Now()
	for h.Stats().Closed["slow"] == 0 {
		require.Less(t, clock.Now().Sub(began), time.Hour)
		c.send(`{"action":"unknown"}`) // it does not read, but it is not silent
		c.pause()
		clock.Advance(time.Second)
	}
	require.GreaterOrEqual(t, clock.Now().Sub(began), 12*time.Second)
	c.mute = false
	code, reason := c.waitClosed()
	require.EqualValues(t, 1013, code, reason)
	require.EqualValues(t, 1, h.Stats().Closed["slow"])
}

func TestAProcessMayStayBehind(t *testing.T) {
	h, clock, c, _ := behind(t, "password=process")
	for range 30 {
		c.pause()
		clock.Advance(time.Second)
	}
	c.mute = false
	c.read(30)
	c.sync()
	require.Zero(t, h.Stats().Closed["slow"])
}
