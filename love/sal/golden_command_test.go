package sal_test

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/sal"
	"github.com/rubin-love/love-go/love/sal/sim"
)

// spyBus remembers what is published, in order.
type spyBus struct {
	sal.Bus
	mu        sync.Mutex
	published []*sal.Sample
}

func (b *spyBus) Publish(ctx context.Context, s *sal.Sample) error {
	b.mu.Lock()
	b.published = append(b.published, s)
	b.mu.Unlock()
	return b.Bus.Publish(ctx, s)
}

// take returns the samples published since the last call.
func (b *spyBus) take() []*sal.Sample {
	b.mu.Lock()
	defer b.mu.Unlock()
	taken := b.published
	b.published = nil
	return taken
}

func replayAcks(t *testing.T, flow []byte) {
	var cases []struct {
		Case  string
		Limit float64                      `json:"time_limit"`
		Wait  bool                         `json:"wait_done"`
		Acks  []map[string]json.RawMessage `json:"acks_written"`
		Want  struct {
			OK     bool
			Kind   string
			Ack    int
			Last   int `json:"last_ack"`
			Error  int
			Result string
		} `json:"outcome"`
	}
	decode(t, flow, &cases)
	for _, c := range cases {
		bus, defs := &spyBus{Bus: sim.NewBus()}, flowInterfaces(t)
		d := sal.NewDomain(bus, defs, sal.WithIdentity("ana@host"), sal.WithOrigin(42))
		r := remote(t, d, "Single", 0)
		opts := []sal.CommandOption{sal.WithTimeout(time.Duration(c.Limit * float64(time.Second)))}
		if !c.Wait {
			opts = append(opts, sal.UntilAcknowledged())
		}
		type outcome struct {
			ack sal.Ack
			err error
		}
		ended := make(chan outcome, 1)
		go func() {
			a, err := r.Command(t.Context(), "value", nil, opts...)
			ended <- outcome{a, err}
		}()
		synctest.Wait()
		command := bus.take()[0]
		for _, a := range c.Acks {
			values, after := ackValues(t, command, a)
			time.Sleep(after)
			s, err := sal.NewSample(ackTopic(t, defs), values)
			require.NoError(t, err)
			require.NoError(t, bus.Publish(t.Context(), s))
		}
		got := <-ended
		code := c.Want.Ack
		if c.Want.Kind == "timeout" {
			code = c.Want.Last
		}
		require.EqualValues(t, code, got.ack.Code, c.Case)
		require.Equal(t, c.Want.Result, got.ack.Result, c.Case)
		require.Equal(t, c.Want.Error, got.ack.Error, c.Case)
		require.Equal(t, c.Want.OK, got.err == nil, c.Case)
		require.Equal(t, c.Want.Kind == "timeout", errors.Is(got.err, sal.ErrTimeout), c.Case)
		require.NoError(t, d.Close())
	}
}

func ackTopic(t *testing.T, defs *sal.Definitions) *sal.Topic {
	c, err := defs.Component("Single")
	require.NoError(t, err)
	topic, _ := c.Topic("ack_ackcmd")
	return topic
}

// ackValues returns the fields of an acknowledgement of a command, with the changes
// of the recording.
func ackValues(t *testing.T, command *sal.Sample, recorded map[string]json.RawMessage) (sal.Values, time.Duration) {
	values := sal.Values{"private_seqNum": command.Number(), "identity": command.Identity(), "origin": command.Origin()}
	var after float64
	for name, raw := range recorded {
		var v any
		decode(t, raw, &v)
		switch {
		case name == "after":
			after, _ = v.(json.Number).Float64()
			continue
		case v == "origin+1":
			v = command.Origin() + 1
		case v == "seqNum+1":
			v = command.Number() + 1
		}
		values[name] = v
	}
	return values, time.Duration(after * float64(time.Second))
}

// message is a recorded message on the bus. Some texts differ between machines and
// programs; for the topics in variable only presence is compared.
type message struct {
	Topic string
	Value map[string]any
}

var variable = []string{"logevent_softwareVersions", "logevent_configurationsAvailable", "logevent_configurationApplied"}

// replayWriter replays a write-only controller.
func replayWriter(t *testing.T, flow []byte) {
	var want struct {
		Steps []struct {
			Step, User, Message string
			Written             bool `json:"was_written"`
			Messages            []message
		}
	}
	decode(t, flow, &want)
	bus := &spyBus{Bus: sim.NewBus()}
	d := flowDomain(t, bus, sim.Definitions(), sal.WithOrigin(42))
	c := writeOnly(t, d, "LOVE", 0)
	for _, step := range want.Steps {
		if step.Step != "started" {
			values, opts := sal.Values{"user": step.User, "message": step.Message}, []sal.WriteOption(nil)
			if strings.Contains(step.Step, "force") {
				values, opts = nil, []sal.WriteOption{sal.Force()}
			}
			sent, err := c.Write(t.Context(), "evt_observingLog", values, opts...)
			require.NoError(t, err)
			require.Equal(t, step.Written, sent)
		}
		sameMessages(t, step.Messages, bus.take(), map[int]string{})
	}
}

// sameMessages compares what is on the bus; labels holds the numbers of commands by
// the names that the recording gives them.
func sameMessages(t *testing.T, want []message, got []*sal.Sample, labels map[int]string) {
	t.Helper()
	var topics, gotTopics []string
	for _, m := range want {
		topics = append(topics, m.Topic[strings.LastIndex(m.Topic, ".")+1:])
	}
	for _, s := range got {
		gotTopics = append(gotTopics, s.Topic().SALName())
	}
	require.Equal(t, topics, gotTopics)
	for i, m := range want {
		s := got[i]
		value := maps.Clone(m.Value)
		if label, ok := value["private_seqNum"].(string); ok {
			if s.Topic().Kind == sal.Command {
				labels[s.Number()] = label
			}
			require.Equal(t, label, labels[s.Number()])
			delete(value, "private_seqNum")
		}
		for name, v := range value {
			f, ok := s.Topic().Field(name)
			require.True(t, ok, "%s has no %s", topics[i], name)
			if v == "PID" {
				v = json.Number("42")
			}
			if strings.HasPrefix(name, "private_") || !slices.Contains(variable, topics[i]) {
				require.Equal(t, printed(goldenValue(f, v)), printed(s.Value(name)), "%s, %s", topics[i], name)
			}
		}
	}
}

// lifecycleStep is a command and its outcome.
type lifecycleStep struct {
	Step    string
	Outcome struct {
		Command string
		Params  map[string]any
		OK      bool
		Kind    string
		Ack     int
		Error   int
		Result  string
	}
	Messages []message
}

// replayLifecycle commands the simulated component Test as the recorded one was.
func replayLifecycle(t *testing.T, flow []byte) {
	var want struct {
		Steps []lifecycleStep
		Beat  map[string]any `json:"first_heartbeat"`
		Logs  []struct {
			Level         int64
			Name, Message string
		} `json:"log_messages"`
	}
	decode(t, flow, &want)
	bus := &spyBus{Bus: sim.NewBus()}
	d := flowDomain(t, bus, sim.Definitions(), sal.WithOrigin(42), sal.WithIdentity("USER@HOST"))
	observatory := sim.NewObservatory(d, sim.WithComponents("Test:1"), sim.WithInitialState(sal.Standby))
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- observatory.Run(ctx) }()
	defer func() { stop(); require.NoError(t, <-ended) }()
	<-observatory.Ready()
	r := remote(t, d, "Test", 1)

	labels := map[int]string{}
	var beats, logs []*sal.Sample
	for _, step := range want.Steps {
		if step.Step == "command" {
			commandAsRecorded(t, r, step)
		}
		synctest.Wait()
		var messages []*sal.Sample
		for _, s := range bus.take() {
			switch s.Topic().Attr() {
			case "evt_heartbeat":
				beats = append(beats, s)
			case "evt_logMessage":
				logs = append(logs, s)
			default:
				messages = append(messages, s)
			}
		}
		sameMessages(t, step.Messages, messages, labels)
		if step.Outcome.Kind == "timeout" {
			time.Sleep(time.Second) // the late acknowledgement is in no step
			bus.take()
		}
	}
	require.NotEmpty(t, beats)
	for name, v := range want.Beat {
		f, _ := beats[0].Topic().Field(name)
		if v != "PID" {
			require.Equal(t, printed(goldenValue(f, v)), printed(beats[0].Value(name)), name)
		}
	}
	for _, w := range want.Logs {
		found := false
		for _, s := range logs {
			found = found || s.Int("level") == w.Level && s.Text("name") == w.Name && s.Text("message") == w.Message
		}
		require.True(t, found, "no log message %q", w.Message)
	}
}

// commandAsRecorded sends a command. One that waits has a short timeout, which its
// progress must extend.
func commandAsRecorded(t *testing.T, r *sal.Remote, step lifecycleStep) {
	t.Helper()
	limit := time.Minute
	if d, ok := step.Outcome.Params["duration"].(json.Number); ok {
		seconds, _ := d.Float64()
		limit = time.Duration(math.Abs(seconds) * float64(time.Second) / 2)
	}
	a, err := r.Command(t.Context(), step.Outcome.Command, step.Outcome.Params, sal.WithTimeout(limit))
	require.Equal(t, step.Outcome.OK, err == nil, "%s: %v", step.Outcome.Command, err)
	require.EqualValues(t, step.Outcome.Ack, a.Code)
	require.Equal(t, step.Outcome.Error, a.Error)
	require.Equal(t, step.Outcome.Result, a.Result)
	require.Equal(t, step.Outcome.Kind == "timeout", errors.Is(err, sal.ErrTimeout))
}
