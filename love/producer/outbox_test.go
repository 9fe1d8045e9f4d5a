package producer_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/client"
	"github.com/rubin-love/love-go/love/producer"
)

// numbered is a message of a stream that carries a number.
func numbered(category love.Category, csc, stream string, n int) producer.Data {
	item := fmt.Sprintf(`{"csc":%q,"salindex":0,"data":{%q:{"n":%d}}}`, csc, stream, n)
	return newBuilder().Data(category, love.RawValue(item))
}

func heartbeatOf(csc string, lost int) producer.Data {
	item := fmt.Sprintf(`{"csc":"Heartbeat","salindex":0,"data":{"stream":{"csc":%q,"salindex":0,"lost":%d}}}`, csc, lost)
	return newBuilder().Data(love.CategoryEvent, love.RawValue(item))
}

// jsons are the messages as they are sent.
func jsons(messages ...producer.Data) (out []string) {
	for _, m := range messages {
		out = append(out, string(m.JSON))
	}
	return out
}

// wireLink is a link that can be cut, and confirms only when it is told to.
type wireLink struct {
	link
	confirms bool
	flushing func() // is called while it is asked; nil: nothing happens then
}

func (l *wireLink) Flush(context.Context) error {
	if l.flushing != nil {
		l.flushing()
	}
	if l.confirms {
		return nil
	}
	return client.ErrNotConnected
}

func (l *wireLink) cut() {
	l.failWith(client.ErrNotConnected)
	l.disconnect()
}

func (l *wireLink) reconnect(t *testing.T) {
	l.failWith(nil)
	require.NoError(t, l.connect(t.Context()))
}

// playOutbox runs a client without producers; f plays.
func playOutbox(t *testing.T, f func(t *testing.T, c *producer.Client, l *wireLink), opts ...producer.ClientOption) {
	synctest.Test(t, func(t *testing.T) {
		l := &wireLink{}
		c := producer.NewClient(l, opts...)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- c.Run(ctx) }()
		synctest.Wait()
		f(t, c, l)
		cancel()
		require.NoError(t, <-ended)
	})
}

func sendAll(t *testing.T, c *producer.Client, messages ...producer.Data) {
	for _, m := range messages {
		require.NoError(t, c.Send(t.Context(), m))
	}
}

func TestAllEventsAndTheNewestTelemetryWaitForTheManager(t *testing.T) { // C-DROP
	playOutbox(t, func(t *testing.T, c *producer.Client, l *wireLink) {
		sendAll(t, c,
			numbered("event", "A", "state", 1), numbered("telemetry", "A", "position", 1), heartbeatOf("A", 1), heartbeatOf("B", 1),
			numbered("event", "B", "state", 1), numbered("telemetry", "A", "position", 2), numbered("telemetry", "B", "position", 3),
			numbered("event", "ScriptQueueState", "scriptsStream", 1), numbered("event", "ScriptQueueState", "scriptsStream", 2),
			numbered("event", "A", "state", 2), heartbeatOf("A", 2),
		)
		require.Empty(t, l.take(), "there was no connection yet")
		l.reconnect(t)
		require.Equal(t, jsons(
			numbered("event", "A", "state", 1), heartbeatOf("B", 1),
			numbered("event", "B", "state", 1), numbered("telemetry", "A", "position", 2), numbered("telemetry", "B", "position", 3),
			numbered("event", "ScriptQueueState", "scriptsStream", 2), numbered("event", "A", "state", 2), heartbeatOf("A", 2),
		), l.texts())
		require.Zero(t, c.Dropped())
	})
}

func TestEventsThatMayBeLostWithTheConnectionAreSentAgain(t *testing.T) {
	playOutbox(t, func(t *testing.T, c *producer.Client, l *wireLink) {
		l.reconnect(t)
		l.confirms = true
		sendAll(t, c, numbered("event", "A", "state", 1), numbered("telemetry", "A", "position", 1))
		time.Sleep(time.Second)
		synctest.Wait()
		l.confirms = false
		sendAll(t, c, numbered("event", "A", "state", 2))
		time.Sleep(time.Second)
		l.take()
		l.cut()
		sendAll(t, c, numbered("event", "A", "state", 3))
		l.reconnect(t)
		require.Equal(t, jsons(numbered("event", "A", "state", 2), numbered("event", "A", "state", 3)), l.texts())
		l.cut()
		l.reconnect(t)
		require.Len(t, l.take(), 2, "and again, until it is known that they have arrived")
		l.confirms = true
		sendAll(t, c, numbered("event", "A", "state", 4))
		time.Sleep(time.Second)
		synctest.Wait()
		l.take()
		l.cut()
		l.reconnect(t)
		require.Empty(t, l.take())
	})
}

func TestTheOutboxIsBoundedAndCountsWhatItDrops(t *testing.T) {
	var told strings.Builder
	logger := newLogger(&told)
	playOutbox(t, func(t *testing.T, c *producer.Client, l *wireLink) {
		for n := range 100 {
			sendAll(t, c, numbered("event", "A", "state", n))
		}
		l.reconnect(t)
		got := l.texts()
		require.Less(t, len(got), 25)
		require.Equal(t, string(numbered("event", "A", "state", 99).JSON), got[len(got)-1], "the newest stay")
		require.Equal(t, string(numbered("event", "A", "state", 100-len(got)).JSON), got[0])
		require.EqualValues(t, 100-len(got), c.Dropped().Messages)
		require.Equal(t, 1, strings.Count(told.String(), "outbox is full"), "once per interruption")
		l.cut()
		for range 2 {
			sendAll(t, c, numbered("event", "A", strings.Repeat("x", 5000), 1))
		}
		l.reconnect(t)
		require.Empty(t, l.take())
		require.Equal(t, 2, strings.Count(told.String(), "outbox is full"), "and once in the next")
	}, producer.WithOutbox(4000), producer.WithLogger(logger))
}

func TestWithoutOutboxNothingIsKept(t *testing.T) {
	playOutbox(t, func(t *testing.T, c *producer.Client, l *wireLink) {
		sendAll(t, c, numbered("event", "A", "state", 1), producer.Data{JSON: []byte(`garbage`)})
		l.reconnect(t)
		require.Empty(t, l.take())
		require.EqualValues(t, 2, c.Dropped().Messages)
	}, producer.WithOutbox(0))
}

func TestInitialDataOfWhatHasWaitedIsNotRepeated(t *testing.T) {
	playClient(t, func(t *testing.T, c *producer.Client, l *link) {
		sendAll(t, c, numbered("event", "A", "state", 2))
		require.NoError(t, l.connect(t.Context()))
		require.Equal(t, []string{"subscribe all", "subscribe A", "data of A", "data of A"}, kinds(t, l.take()), "what waited, and the other stream")
	}, func(t *testing.T) []producer.Producer {
		b := producer.NewBase("A")
		for _, stream := range []string{"state", "other"} {
			require.NoError(t, b.Publish(t.Context(), object{"name": stream, "csc": "A", "salindex": 0, "data": object{stream: object{"n": 1}}}))
		}
		return []producer.Producer{b}
	})
}

func TestWhatIsSentWhileTheOutboxIsEmptiedDoesNotOvertake(t *testing.T) {
	playOutbox(t, func(t *testing.T, c *producer.Client, l *wireLink) {
		for n := range 1000 {
			sendAll(t, c, numbered("event", "A", "state", n))
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			for n := range 1000 {
				_ = c.Send(context.Background(), numbered("event", "A", "state", 1000+n))
			}
		}()
		l.reconnect(t)
		<-done
		for n, text := range l.texts() {
			require.Equal(t, string(numbered("event", "A", "state", n).JSON), text)
		}
	})
}

func TestAFullOutboxKeepsTheNewestTelemetry(t *testing.T) {
	playOutbox(t, func(t *testing.T, c *producer.Client, l *wireLink) {
		sendAll(t, c, numbered("telemetry", "A", "position", 1))
		for n := range 10 {
			sendAll(t, c, numbered("event", "A", "state", n))
		}
		sendAll(t, c, numbered("telemetry", "A", "position", 2))
		for n := range 15 {
			sendAll(t, c, numbered("event", "A", "state", 10+n))
		}
		l.reconnect(t)
		require.NotZero(t, c.Dropped().Messages)
		require.Contains(t, l.texts(), string(numbered("telemetry", "A", "position", 2).JSON))
	}, producer.WithOutbox(4000))
}

func TestTelemetryThatIsReplacedTakesNoRoom(t *testing.T) {
	playOutbox(t, func(t *testing.T, c *producer.Client, l *wireLink) {
		sendAll(t, c, numbered("event", "A", "state", 1))
		for n := range 10_000 {
			sendAll(t, c, numbered("telemetry", "A", "position", n), numbered("telemetry", "B", "position", -n))
		}
		l.reconnect(t)
		require.Equal(t, jsons(
			numbered("event", "A", "state", 1), numbered("telemetry", "A", "position", 9999), numbered("telemetry", "B", "position", -9999),
		), l.texts())
		require.Zero(t, c.Dropped())
		l.cut()
		sendAll(t, c, numbered("telemetry", "A", "position", 1), numbered("telemetry", "A", "position", 2))
		l.reconnect(t)
		require.Equal(t, jsons(numbered("event", "A", "state", 1), numbered("telemetry", "A", "position", 2)), l.texts(), "what may be lost, then what has waited")
	}, producer.WithOutbox(4000))
}

func TestTelemetryThatNoManagerDistributesDoesNotWait(t *testing.T) {
	var told strings.Builder
	playOutbox(t, func(t *testing.T, c *producer.Client, l *wireLink) {
		sendAll(t, c, numbered("event", "A", "state", 1))
		for range 100 {
			sendAll(t, c, newBuilder().Data(love.CategoryTelemetry, love.RawValue(`{"v":1}`)))
		}
		require.EqualValues(t, 100, c.Dropped().Messages)
		l.reconnect(t)
		require.Equal(t, jsons(numbered("event", "A", "state", 1)), l.texts())
		require.NotContains(t, told.String(), "outbox is full")
	}, producer.WithOutbox(4000), producer.WithLogger(newLogger(&told)))
}

func TestAnAnswerThatOutlivesItsConnectionConfirmsNothing(t *testing.T) {
	playOutbox(t, func(t *testing.T, c *producer.Client, l *wireLink) {
		l.reconnect(t)
		l.confirms = true
		l.flushing = func() {
			l.flushing = nil
			l.cut()
			l.reconnect(t)
		}
		sendAll(t, c, numbered("event", "A", "state", 1))
		time.Sleep(500 * time.Millisecond)
		synctest.Wait()
		l.take()
		l.cut()
		l.reconnect(t)
		require.Equal(t, jsons(numbered("event", "A", "state", 1)), l.texts())
	})
}
