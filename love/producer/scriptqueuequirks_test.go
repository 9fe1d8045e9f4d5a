package producer_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/producer"
	"github.com/rubin-love/love-go/love/sal"
)

// newQueueFixture returns a script queue whose producer the test runs.
func newQueueFixture(t *testing.T) *queueFixture {
	w := &queueFixture{fixture: &fixture{bus: &fakeBus{}, defs: definitionsOf(t, "sq_startup")}, out: &recorder{}}
	w.domain = sal.NewDomain(w.bus, w.defs)
	return w
}

func (w *queueFixture) available(t *testing.T, standard string) *sal.Sample {
	return w.sample(t, "ScriptQueue", "evt_availableScripts", sal.Values{"salIndex": 1, "standard": standard})
}

func (w *queueFixture) schema(t *testing.T, path, schema string) *sal.Sample {
	return w.sample(t, "ScriptQueue", "evt_configSchema", sal.Values{"salIndex": 1, "isStandard": true, "path": path, "configSchema": schema})
}

func TestHistoryIsReadInAnOrderThatMakesSense(t *testing.T) { // Q-HIST2
	synctest.Test(t, func(t *testing.T) {
		w := newQueueFixture(t)
		w.bus.history = append(w.bus.history,
			w.script(t, 1, "a.py"), w.schema(t, "a.py", "s"), w.queue(t, 1), w.available(t, "a.py"),
		)
		p, err := producer.NewFactory(w.domain).FromName(t.Context(), "ScriptQueue:1")
		require.NoError(t, err)
		stop := start(t, p, w.out)
		var order []string
		for _, s := range streams(t, w.out.take()) {
			if name, ok := strings.CutPrefix(s, "event ScriptQueue 1 "); ok {
				order = append(order, strings.TrimSuffix(name, " list"))
			}
		}
		require.Len(t, order, 4)
		require.Equal(t, []string{"availableScripts", "queue"}, order[:2])
		stop()
		require.NoError(t, w.domain.Close())
	})
}

func TestANewListOfScriptsEndsTheRequestsForTheOldOne(t *testing.T) { // Q-CANCEL
	runQueue(t, []producer.Option{producer.WithSchemas(true)}, nil, func(w *queueFixture) {
		asked := make(chan string, 10)
		w.bus.commanded = func(s *sal.Sample) { asked <- s.Text("path") }
		w.write(w.available(t, "a.py:b.py"))
		require.Equal(t, "a.py", <-asked)
		require.Equal(t, []string{"availableScriptsStream"}, w.sentStreams(t))
		time.Sleep(time.Second)
		w.write(w.available(t, "c.py"))
		require.Equal(t, "c.py", <-asked, "without delay, and nothing more about the old list")
		require.Equal(t, []string{"availableScriptsStream"}, w.sentStreams(t), "for the new list, and not for the end of the round")
		time.Sleep(5 * time.Second)
		synctest.Wait()
		require.Equal(t, []string{"availableScriptsStream"}, w.sentStreams(t), "for the end of the new round")
		require.Empty(t, asked)
	})
}

// slowRemote is a remote whose commands take a while to end after their context.
type slowRemote struct {
	*sal.Remote
	asking atomic.Int32
}

func (s *slowRemote) Command(ctx context.Context, _ string, _ sal.Values, _ ...sal.CommandOption) (sal.Ack, error) {
	s.asking.Add(1)
	defer s.asking.Add(-1)
	<-ctx.Done()
	time.Sleep(time.Second)
	return sal.Ack{}, ctx.Err()
}

func TestNoSchemasAreAskedForAfterTheEnd(t *testing.T) { // Q-CLOSE
	synctest.Test(t, func(t *testing.T) {
		w := newQueueFixture(t)
		queue, err := w.domain.Remote(t.Context(), "ScriptQueue", 1)
		require.NoError(t, err)
		scripts, err := w.domain.Remote(t.Context(), "Script", 0)
		require.NoError(t, err)
		asked := &slowRemote{Remote: queue}
		p, err := producer.NewScriptQueue(asked, scripts, producer.WithSchemas(true))
		require.NoError(t, err)
		stop := start(t, p, w.out)
		w.write(w.available(t, "a.py"), w.available(t, "b.py"))
		require.EqualValues(t, 2, asked.asking.Load(), "the old round still ends")
		stop()
		require.Zero(t, asked.asking.Load())
		require.NoError(t, w.domain.Close())
	})
}

func TestAPathThatReturnsHasNoSchemaYet(t *testing.T) { // Q-AVAIL
	runQueue(t, nil, nil, func(w *queueFixture) {
		w.write(w.available(t, "a.py:b.py"), w.schema(t, "a.py", "of a"), w.schema(t, "b.py", "of b"))
		w.write(w.available(t, "b.py"))
		w.out.take()
		w.write(w.available(t, "a.py:b.py"))
		sent := strings.Join(w.out.texts(), "")
		require.Contains(t, sent, `{"type":"standard","path":"b.py","configSchema":"of b"},{"type":"standard","path":"a.py","configSchema":""}`)
	})
}

func TestAHeartbeatOfAScriptFromBeforeTheStartDoesNotCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newQueueFixture(t)
		p, err := producer.NewFactory(w.domain).FromName(t.Context(), "ScriptQueue:1")
		require.NoError(t, err)
		stop := start(t, p, w.out)
		w.write(w.queue(t, 1))
		w.write(w.sample(t, "Script", "evt_heartbeat", sal.Values{"salIndex": 1}))
		time.Sleep(750 * time.Millisecond)
		synctest.Wait()
		require.Contains(t, strings.Join(w.out.texts(), ""), `"salindex":1,"lost":1,"last_heartbeat_timestamp":-1.0`)
		w.write(w.sample(t, "Script", "evt_heartbeat", sal.Values{"salIndex": 1}))
		time.Sleep(2 * time.Second)
		synctest.Wait()
		require.Contains(t, strings.Join(w.out.texts(), ""), `"salindex":1,"lost":0,`)
		stop()
		require.NoError(t, w.domain.Close())
	})
}
