package producer_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/producer"
	"github.com/rubin-love/love-go/love/sal"
)

// queueFixture holds a script queue on a bus.
type queueFixture struct {
	*fixture
	p   producer.Producer
	out *recorder
}

// runQueue runs the producer of ScriptQueue:1 in a bubble while f runs.
func runQueue(t *testing.T, opts []producer.Option, history func(*queueFixture), f func(*queueFixture)) {
	synctest.Test(t, func(t *testing.T) {
		w := &queueFixture{fixture: &fixture{bus: &fakeBus{}, defs: definitionsOf(t, "sq_startup")}, out: &recorder{}}
		w.domain = sal.NewDomain(w.bus, w.defs)
		if history != nil {
			history(w)
		}
		p, err := producer.NewFactory(w.domain, opts...).FromName(t.Context(), "ScriptQueue:1")
		require.NoError(t, err)
		w.p = p
		stop := start(t, p, w.out)
		time.Sleep(750 * time.Millisecond)
		w.out.take()
		f(w)
		stop()
		require.NoError(t, w.domain.Close())
	})
}

func (w *queueFixture) queue(t *testing.T, current int, waiting ...int) *sal.Sample {
	indices := make([]int, 0, 400)
	return w.sample(t, "ScriptQueue", "evt_queue", sal.Values{
		"salIndex": 1, "enabled": true, "running": true, "currentSalIndex": current,
		"length": len(waiting), "salIndices": append(indices, waiting...),
	})
}

func (w *queueFixture) script(t *testing.T, index int, path string) *sal.Sample {
	return w.sample(t, "ScriptQueue", "evt_script", sal.Values{"salIndex": 1, "scriptSalIndex": index, "path": path, "isStandard": true})
}

func (w *queueFixture) describe(t *testing.T, index int, text string) *sal.Sample {
	return w.sample(t, "Script", "evt_description", sal.Values{"salIndex": index, "description": text})
}

func (w *queueFixture) write(samples ...*sal.Sample) {
	for _, s := range samples {
		w.bus.write(s)
	}
	synctest.Wait()
}

// sentStreams returns the streams of the queue's state that were sent since the last
// call.
func (w *queueFixture) sentStreams(t *testing.T) (names []string) {
	for _, s := range streams(t, w.out.take()) {
		if name, ok := strings.CutPrefix(s, "event ScriptQueueState 1 "); ok {
			names = append(names, name)
		}
	}
	return names
}

// scripts requests the stream of all scripts and returns the message.
func (w *queueFixture) scripts(t *testing.T) string {
	w.out.take()
	require.NoError(t, w.p.HandleRequest(t.Context(), producer.Request{CSC: "ScriptQueueState", SalIndex: love.Index(1), Stream: "scriptsStream"}, w.out))
	return w.out.texts()[0]
}

func TestEventsOfScriptsFromBeforeTheStartAreApplied(t *testing.T) { // Q-HIST, Q-HIST2
	runQueue(t, nil, func(w *queueFixture) {
		w.bus.history = append(w.bus.history,
			w.describe(t, 100001, "first"), w.describe(t, 100002, "second"), w.describe(t, 7, "of another queue"),
			w.script(t, 100002, "late.py"), w.queue(t, 100001, 100002),
			w.sample(t, "Script", "evt_heartbeat", sal.Values{"salIndex": 100001}),
			w.sample(t, "Script", "evt_logMessage", sal.Values{"salIndex": 100001, "message": "kept"}),
		)
	}, func(w *queueFixture) {
		all := w.scripts(t)
		require.Contains(t, all, `"description":"first"`)
		require.Contains(t, all, `"description":"second"`)
		require.Contains(t, all, `"path":"late.py"`)
		require.NotContains(t, all, "another queue")
		require.NoError(t, w.p.HandleRequest(t.Context(), producer.Request{CSC: "Script", Stream: "logMessage"}, w.out))
		require.Contains(t, w.out.texts()[0], "kept")
		time.Sleep(2 * time.Second)
		synctest.Wait()
		require.Contains(t, strings.Join(w.out.texts(), ""), `"salindex":100001,"lost":2,"last_heartbeat_timestamp":-1.0`, "an old heartbeat does not count")
	})
}

func TestEventsOfScriptsWaitForTheQueueThatListsThem(t *testing.T) {
	runQueue(t, nil, func(w *queueFixture) {
		w.bus.history = append(w.bus.history, w.describe(t, 100001, "first"))
	}, func(w *queueFixture) {
		w.write(w.queue(t, 100001))
		require.Equal(t, []string{"stateStream", "scriptsStream"}, w.sentStreams(t))
		require.Contains(t, w.scripts(t), `"description":"first"`)
	})
}

func TestScriptsMayBeRemovedTwiceAndHaveLateEvents(t *testing.T) { // Q-DEL
	runQueue(t, nil, nil, func(w *queueFixture) {
		both := []string{"stateStream", "scriptsStream"}
		for _, s := range []*sal.Sample{w.queue(t, 0, 1), w.queue(t, 0), w.queue(t, 0)} {
			w.write(s)
			require.Equal(t, both, w.sentStreams(t))
		}
		w.write(w.script(t, 1, "again.py"))
		require.Equal(t, []string{"scriptsStream"}, w.sentStreams(t))
		w.write(w.queue(t, 0))
		require.Equal(t, both, w.sentStreams(t))
		w.write(w.describe(t, 1, "gone"))
		require.Empty(t, w.sentStreams(t))
		w.write(w.queue(t, 0, 1))
		require.Contains(t, w.scripts(t), `"path":"UNKNOWN"`, "it starts over")
	})
}

func TestLayoutBothSendsAndAnswersAllStreams(t *testing.T) {
	opts := []producer.Option{producer.WithStreamLayout(producer.Both)}
	runQueue(t, opts, nil, func(w *queueFixture) {
		w.write(w.queue(t, 1, 2))
		require.Equal(t, []string{"stateStream", "scriptsStream", "stream"}, w.sentStreams(t))
		w.write(w.script(t, 1, "a.py"))
		require.Equal(t, []string{"scriptsStream", "stream"}, w.sentStreams(t))
		for _, name := range []string{"stateStream", "scriptsStream", "availableScriptsStream", "stream"} {
			for _, csc := range []string{"ScriptQueue", "ScriptQueueState"} {
				require.NoError(t, w.p.HandleRequest(t.Context(), producer.Request{CSC: csc, SalIndex: love.Index(1), Stream: name}, w.out))
			}
			require.Equal(t, []string{name, name}, w.sentStreams(t))
		}
		require.NoError(t, w.p.InitialData(t.Context(), w.out))
		require.Equal(t, []string{"stateStream", "scriptsStream", "availableScriptsStream", "stream"}, w.sentStreams(t))
	})
}

func TestBurstsOfScriptsAreMergedOnRequest(t *testing.T) { // Q-FULL
	opts := []producer.Option{producer.WithCoalescing(50 * time.Millisecond)}
	runQueue(t, opts, nil, func(w *queueFixture) {
		w.write(w.queue(t, 1, 2, 3))
		require.Equal(t, []string{"stateStream"}, w.sentStreams(t), "small streams do not wait")
		for i := range 100 {
			w.write(w.describe(t, 1+i%3, fmt.Sprint("version ", i)))
		}
		require.Contains(t, w.scripts(t), "version 99", "a request is answered with the newest state")
		time.Sleep(50 * time.Millisecond)
		synctest.Wait()
		sent := w.out.texts()
		require.Len(t, sent, 1)
		require.Contains(t, sent[0], "version 99")
		time.Sleep(time.Second)
		require.Empty(t, w.sentStreams(t))
	})
}

func TestAskingForASchemaTimesOutAfterFiveSeconds(t *testing.T) {
	opts := []producer.Option{producer.WithSchemas(true)}
	runQueue(t, opts, nil, func(w *queueFixture) {
		asked := make(chan string, 10)
		w.bus.commanded = func(s *sal.Sample) { asked <- s.Text("path") }
		w.write(w.sample(t, "ScriptQueue", "evt_availableScripts", sal.Values{"salIndex": 1, "standard": "a.py", "external": "b.py"}))
		time.Sleep(5*time.Second - 1)
		synctest.Wait()
		require.Equal(t, []string{"availableScriptsStream"}, w.sentStreams(t))
		require.Equal(t, "a.py", <-asked)
		require.Empty(t, asked)
		time.Sleep(5*time.Second + 1)
		synctest.Wait()
		require.Equal(t, "b.py", <-asked)
		require.Equal(t, []string{"availableScriptsStream"}, w.sentStreams(t))
		w.write(w.sample(t, "ScriptQueue", "evt_availableScripts", sal.Values{"salIndex": 1, "standard": "c.py"}))
		require.Equal(t, "c.py", <-asked, "and the producer ends while it asks (Q-CLOSE)")
	})
}

func TestTheKnownFieldsOfAnotherInterfaceVersionAreUsed(t *testing.T) {
	runQueue(t, nil, nil, func(w *queueFixture) {
		other, err := sal.Define(&sal.Component{Name: "ScriptQueue", Indexed: true, Topics: []*sal.Topic{
			{Kind: sal.Event, Name: "queue", Fields: []sal.Field{{Name: "running", Type: sal.Boolean}, {Name: "length", Type: sal.Long}, {Name: "new", Type: sal.String}}},
		}})
		require.NoError(t, err)
		c, err := other.Component("ScriptQueue")
		require.NoError(t, err)
		topic, _ := c.Topic("evt_queue")
		s, err := sal.NewSample(topic, sal.Values{"salIndex": 1, "running": true, "length": 99})
		require.NoError(t, err)
		w.bus.writeTo("evt_queue", s)
		synctest.Wait()
		require.Equal(t, []string{"stateStream", "scriptsStream"}, w.sentStreams(t))
	})
}

func TestScriptQueuesRefuseWrongArguments(t *testing.T) { // Q-LIMIT
	w := &fixture{bus: &fakeBus{}, defs: definitionsOf(t, "sq_startup")}
	w.domain = sal.NewDomain(w.bus, w.defs)
	defer func() { require.NoError(t, w.domain.Close()) }()
	_, err := producer.NewFactory(w.domain, producer.WithFinishedScripts(-1)).FromName(t.Context(), "ScriptQueue:1")
	require.ErrorContains(t, err, "from 0")
	_, err = producer.NewFactory(w.domain).FromType(t.Context(), producer.TypeScriptQueue, "ScriptQueue")
	require.ErrorIs(t, err, sal.ErrIndex)
	p, err := producer.NewScriptQueue(brokenRemote{}, brokenRemote{})
	require.NoError(t, err)
	require.ErrorContains(t, p.Run(t.Context(), &recorder{}), "broken")
}

// brokenRemote is a remote that cannot subscribe.
type brokenRemote struct{}

func (brokenRemote) Component() *sal.Component {
	defs, err := sal.Define(&sal.Component{Name: "Broken", Topics: []*sal.Topic{{Kind: sal.Event, Name: "state"}}})
	if err != nil {
		panic(err)
	}
	c, err := defs.Component("Broken")
	if err != nil {
		panic(err)
	}
	return c
}
func (brokenRemote) Index() int { return 0 }
func (brokenRemote) Subscribe(string, func(*sal.Sample)) (func(), error) {
	return nil, errors.New("broken")
}
func (brokenRemote) Latest(string) (*sal.Sample, bool) { return nil, false }
func (brokenRemote) Command(context.Context, string, sal.Values, ...sal.CommandOption) (sal.Ack, error) {
	return sal.Ack{}, errors.New("broken")
}

func TestLayoutsHaveNames(t *testing.T) {
	for _, l := range []producer.Layout{producer.Split, producer.Single, producer.Both} {
		parsed, err := producer.ParseLayout(l.String())
		require.NoError(t, err)
		require.Equal(t, l, parsed)
	}
	_, err := producer.ParseLayout("double")
	require.ErrorContains(t, err, "split, single, both")
	require.Equal(t, "Layout(9)", producer.Layout(9).String())
}

func TestAQueueThatCannotSendKeepsItsState(t *testing.T) {
	runQueue(t, nil, nil, func(w *queueFixture) {
		w.out.failWith(errors.New("cannot send"))
		w.write(w.queue(t, 1), w.script(t, 1, "a.py"))
		time.Sleep(2 * time.Second)
		w.out.failWith(nil)
		require.Contains(t, w.scripts(t), `"path":"a.py"`)
		w.out.failWith(errors.New("cannot send"))
		require.Error(t, w.p.InitialData(context.Background(), w.out))
		w.out.failWith(nil)
	})
}

func TestEntriesAreJSONWhateverTheirTextsHold(t *testing.T) {
	runQueue(t, nil, nil, func(w *queueFixture) {
		w.write(w.queue(t, 1), w.describe(t, 1, "\"\\\n\x00 é"))
		require.True(t, json.Valid([]byte(w.scripts(t))))
	})
}
