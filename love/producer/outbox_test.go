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

// numbered returns a message of a stream whose value is a number.
func numbered(category love.Category, csc, stream string, n int) producer.Data {
	item := fmt.Sprintf(`{"csc":%q,"salindex":0,"data":{%q:{"n":%d}}}`, csc, stream, n)
	return newBuilder().Data(category, love.RawValue(item))
}

func heartbeatOf(csc string, lost int) producer.Data {
	item := fmt.Sprintf(`{"csc":"Heartbeat","salindex":0,"data":{"stream":{"csc":%q,"salindex":0,"lost":%d}}}`, csc, lost)
	return newBuilder().Data(love.CategoryEvent, love.RawValue(item))
}

// jsons returns messages as the manager gets them.
func jsons(messages ...producer.Data) (out []string) {
	for _, m := range messages {
		out = append(out, string(m.JSON))
	}
	return out
}

// confirmingTransport is a fakeTransport that confirms what was sent only if a test
// wants it to.
type confirmingTransport struct {
	fakeTransport
	confirms bool
	flushing func() // called during Flush, if not nil
}

func (tr *confirmingTransport) Flush(context.Context) error {
	if tr.flushing != nil {
		tr.flushing()
	}
	if tr.confirms {
		return nil
	}
	return client.ErrNotConnected
}

func (tr *confirmingTransport) loseConnection() {
	tr.failWith(client.ErrNotConnected)
	tr.disconnect()
}

func (tr *confirmingTransport) reconnect(t *testing.T) {
	tr.failWith(nil)
	require.NoError(t, tr.connect(t.Context()))
}

// runOutbox runs a client without producers in a bubble while f runs.
func runOutbox(t *testing.T, f func(t *testing.T, c *producer.Client, tr *confirmingTransport), opts ...producer.ClientOption) {
	synctest.Test(t, func(t *testing.T) {
		tr := &confirmingTransport{}
		c := producer.NewClient(tr, opts...)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- c.Run(ctx) }()
		synctest.Wait()
		f(t, c, tr)
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
	runOutbox(t, func(t *testing.T, c *producer.Client, tr *confirmingTransport) {
		sendAll(t, c,
			numbered("event", "A", "state", 1), numbered("telemetry", "A", "position", 1), heartbeatOf("A", 1), heartbeatOf("B", 1),
			numbered("event", "B", "state", 1), numbered("telemetry", "A", "position", 2), numbered("telemetry", "B", "position", 3),
			numbered("event", "ScriptQueueState", "scriptsStream", 1), numbered("event", "ScriptQueueState", "scriptsStream", 2),
			numbered("event", "A", "state", 2), heartbeatOf("A", 2),
		)
		require.Empty(t, tr.take(), "there was no connection yet")
		tr.reconnect(t)
		require.Equal(t, jsons(
			numbered("event", "A", "state", 1), heartbeatOf("B", 1),
			numbered("event", "B", "state", 1), numbered("telemetry", "A", "position", 2), numbered("telemetry", "B", "position", 3),
			numbered("event", "ScriptQueueState", "scriptsStream", 2), numbered("event", "A", "state", 2), heartbeatOf("A", 2),
		), tr.texts())
		require.Zero(t, c.Dropped())
	})
}

func TestEventsThatMayBeLostWithTheConnectionAreSentAgain(t *testing.T) {
	runOutbox(t, func(t *testing.T, c *producer.Client, tr *confirmingTransport) {
		tr.reconnect(t)
		tr.confirms = true
		sendAll(t, c, numbered("event", "A", "state", 1), numbered("telemetry", "A", "position", 1))
		time.Sleep(time.Second)
		synctest.Wait()
		tr.confirms = false
		sendAll(t, c, numbered("event", "A", "state", 2))
		time.Sleep(time.Second)
		tr.take()
		tr.loseConnection()
		sendAll(t, c, numbered("event", "A", "state", 3))
		tr.reconnect(t)
		require.Equal(t, jsons(numbered("event", "A", "state", 2), numbered("event", "A", "state", 3)), tr.texts())
		tr.loseConnection()
		tr.reconnect(t)
		require.Len(t, tr.take(), 2, "and again, until the manager has confirmed them")
		tr.confirms = true
		sendAll(t, c, numbered("event", "A", "state", 4))
		time.Sleep(time.Second)
		synctest.Wait()
		tr.take()
		tr.loseConnection()
		tr.reconnect(t)
		require.Empty(t, tr.take())
	})
}

func TestTheOutboxIsBoundedAndCountsWhatItDrops(t *testing.T) {
	var logged strings.Builder
	logger := newLogger(&logged)
	runOutbox(t, func(t *testing.T, c *producer.Client, tr *confirmingTransport) {
		for n := range 100 {
			sendAll(t, c, numbered("event", "A", "state", n))
		}
		tr.reconnect(t)
		got := tr.texts()
		require.Less(t, len(got), 25)
		require.Equal(t, string(numbered("event", "A", "state", 99).JSON), got[len(got)-1], "the newest are kept")
		require.Equal(t, string(numbered("event", "A", "state", 100-len(got)).JSON), got[0])
		require.EqualValues(t, 100-len(got), c.Dropped().Messages)
		require.Equal(t, 1, strings.Count(logged.String(), "outbox is full"), "once per interruption")
		tr.loseConnection()
		for range 2 {
			sendAll(t, c, numbered("event", "A", strings.Repeat("x", 5000), 1))
		}
		tr.reconnect(t)
		require.Empty(t, tr.take())
		require.Equal(t, 2, strings.Count(logged.String(), "outbox is full"), "and once in the next")
	}, producer.WithOutbox(4000), producer.WithLogger(logger))
}

func TestWithoutOutboxNothingIsKept(t *testing.T) {
	runOutbox(t, func(t *testing.T, c *producer.Client, tr *confirmingTransport) {
		sendAll(t, c, numbered("event", "A", "state", 1), numbered("event", "A", "state", 2))
		tr.reconnect(t)
		require.Empty(t, tr.take())
		require.EqualValues(t, 2, c.Dropped().Messages)
	}, producer.WithOutbox(0))
}

func TestStreamsThatWaitedAreLeftOutOfTheInitialData(t *testing.T) {
	runClient(t, func(t *testing.T, c *producer.Client, tr *fakeTransport) {
		sendAll(t, c, numbered("event", "A", "state", 2))
		require.NoError(t, tr.connect(t.Context()))
		require.Equal(t, []string{"subscribe all", "subscribe A", "data of A", "data of A"}, summaries(t, tr.take()), "the stream that waited, and the other one")
	}, func(t *testing.T) []producer.Producer {
		b := producer.NewBase("A")
		for _, stream := range []string{"state", "other"} {
			require.NoError(t, b.Publish(t.Context(), object{"name": stream, "csc": "A", "salindex": 0, "data": object{stream: object{"n": 1}}}))
		}
		return []producer.Producer{b}
	})
}

func TestMessagesDoNotOvertakeTheOutboxThatIsBeingSent(t *testing.T) {
	runOutbox(t, func(t *testing.T, c *producer.Client, tr *confirmingTransport) {
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
		tr.reconnect(t)
		<-done
		for n, text := range tr.texts() {
			require.Equal(t, string(numbered("event", "A", "state", n).JSON), text)
		}
	})
}

func TestAFullOutboxKeepsTheNewestTelemetry(t *testing.T) {
	runOutbox(t, func(t *testing.T, c *producer.Client, tr *confirmingTransport) {
		sendAll(t, c, numbered("telemetry", "A", "position", 1))
		for n := range 10 {
			sendAll(t, c, numbered("event", "A", "state", n))
		}
		sendAll(t, c, numbered("telemetry", "A", "position", 2))
		for n := range 15 {
			sendAll(t, c, numbered("event", "A", "state", 10+n))
		}
		tr.reconnect(t)
		require.NotZero(t, c.Dropped().Messages)
		require.Contains(t, tr.texts(), string(numbered("telemetry", "A", "position", 2).JSON))
	}, producer.WithOutbox(4000))
}

func TestTelemetryThatIsReplacedTakesNoRoom(t *testing.T) {
	runOutbox(t, func(t *testing.T, c *producer.Client, tr *confirmingTransport) {
		sendAll(t, c, numbered("event", "A", "state", 1))
		for n := range 10_000 {
			sendAll(t, c, numbered("telemetry", "A", "position", n), numbered("telemetry", "B", "position", -n))
		}
		tr.reconnect(t)
		require.Equal(t, jsons(
			numbered("event", "A", "state", 1), numbered("telemetry", "A", "position", 9999), numbered("telemetry", "B", "position", -9999),
		), tr.texts())
		require.Zero(t, c.Dropped())
		tr.loseConnection()
		sendAll(t, c, numbered("telemetry", "A", "position", 1), numbered("telemetry", "A", "position", 2))
		tr.reconnect(t)
		require.Equal(t, jsons(numbered("event", "A", "state", 1), numbered("telemetry", "A", "position", 2)), tr.texts(), "first what may be lost, then what waited")
	}, producer.WithOutbox(4000))
}

func TestWhatNoManagerCanDistributeIsRefused(t *testing.T) {
	runOutbox(t, func(t *testing.T, c *producer.Client, tr *confirmingTransport) {
		for want, d := range map[string]producer.Data{
			"no manager can distribute":    {JSON: []byte(`{"category":"event","data":[{"csc":"A","salindex":0,"data":{}}]}`)},
			`element 0: "csc" is missing`:  newBuilder().Data(love.CategoryTelemetry, love.RawValue(`{"v":1}`)),
			"not a data message: not JSON": {JSON: []byte(`{`)},
			"expected a value":             {},
		} {
			require.ErrorContains(t, c.Send(t.Context(), d), want)
		}
		tr.reconnect(t)
		require.Empty(t, tr.texts())
	})
}

func TestAMissingHeaderIsFilledIn(t *testing.T) {
	runOutbox(t, func(t *testing.T, c *producer.Client, tr *confirmingTransport) {
		for n := range 3 {
			sendAll(t, c, producer.Data{JSON: numbered("telemetry", "A", "position", n).JSON})
		}
		both := producer.Data{JSON: []byte(`{"category":"telemetry","data":[{"csc":"A","salindex":0,"data":{"s":1}},{"csc":"B","salindex":0,"data":{"s":1}}]}`)}
		sendAll(t, c, both)
		tr.reconnect(t)
		require.Equal(t, jsons(numbered("telemetry", "A", "position", 2), both), tr.texts(), "of telemetry the newest waits")
	})
}

func TestAConfirmationFromAnEarlierConnectionIsIgnored(t *testing.T) {
	runOutbox(t, func(t *testing.T, c *producer.Client, tr *confirmingTransport) {
		tr.reconnect(t)
		tr.confirms = true
		tr.flushing = func() {
			tr.flushing = nil
			tr.loseConnection()
			tr.reconnect(t)
		}
		sendAll(t, c, numbered("event", "A", "state", 1))
		time.Sleep(500 * time.Millisecond)
		synctest.Wait()
		tr.take()
		tr.loseConnection()
		tr.reconnect(t)
		require.Equal(t, jsons(numbered("event", "A", "state", 1)), tr.texts())
	})
}
