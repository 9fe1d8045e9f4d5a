package producer_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gobwas/ws"
	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/client"
	"github.com/rubin-love/love-go/love/producer"
	"github.com/rubin-love/love-go/love/sal"
)

// clientStep is one step of a recording of connection handling. What the Python
// producer did is ignored: these recordings show what is fixed here.
type clientStep struct {
	Input struct {
		input
		StartClient   bool `json:"start_client"`
		Server        string
		ServerCloses  bool `json:"server_closes"`
		Receive       json.RawMessage
		ReceiveText   *string `json:"receive_text"`
		ReceiveBinary bool    `json:"receive_binary"`
		Close         bool
	}
}

// clientReplay holds a client of producers, and the manager that it dials.
type clientReplay struct {
	server     *wsServer
	bus        *fakeBus
	defs       *sal.Definitions
	components []string
	stop       func() // nil before the start and after the end
	connected  bool   // the last attempt was accepted
	written    []string
	arrived    []string
}

func replayClient(t *testing.T, text []byte, name string) {
	var file struct {
		Components []string
		Env        map[string]string
		Steps      []clientStep
	}
	require.NoError(t, json.Unmarshal(text, &file))
	s := &clientReplay{server: &wsServer{}, bus: &fakeBus{}, components: file.Components}
	s.defs = definitionsOf(t, "csc_atdome", "sq_startup", "watcher_many")
	domain := sal.NewDomain(s.bus, s.defs)
	manager, err := client.New("ws://"+file.Env["WEBSOCKET_HOST"],
		client.WithProcessPassword(file.Env["PROCESS_CONNECTION_PASS"]), client.WithDialer(s.server.dial))
	require.NoError(t, err)
	c := producer.NewClient(manager)
	_, err = c.Create(t.Context(), producer.NewFactory(domain), file.Components...)
	require.NoError(t, err)

	want, ours := clientSteps[filepath.Base(name)]
	ours = ours && isOurs(t, "producer_extra", filepath.Base(name)+".json", text)
	for i, step := range file.Steps {
		began := time.Now()
		s.apply(t, c, &step)
		synctest.Wait()
		got := s.shorten(t, s.server.take())
		s.check(t, i, got, time.Since(began))
		if ours {
			require.Equal(t, inAnyOrder(strings.Split(want[i], "; ")), inAnyOrder(got), "step %d", i)
		}
	}
	if s.stop != nil {
		s.stop()
	}
	if s.connected {
		require.Equal(t, firsts(s.written), firsts(s.arrived), "every event arrives at least once, in order")
	}
	s.server.serving.Wait()
	require.NoError(t, domain.Close())
}

// inAnyOrder joins what happened, sorted: producers send their initial data at the
// same time. That connections begin with subscriptions is checked elsewhere.
func inAnyOrder(what []string) string { return strings.Join(slices.Sorted(slices.Values(what)), "; ") }

// firsts returns all without repetitions.
func firsts(all []string) (out []string) {
	for _, s := range all {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// definitionsOf returns the definitions of recordings of this repository.
func definitionsOf(t *testing.T, recordings ...string) *sal.Definitions {
	all := &recording{}
	for _, name := range recordings {
		tr := readRecording(t, filepath.Join(ownGolden, "producer", name+".json"))
		if all.Interface == nil {
			all.Interface = tr.Interface
		}
		for c, i := range tr.Interface {
			all.Interface[c] = i
		}
	}
	return all.definitions(t)
}

func (s *clientReplay) apply(t *testing.T, c *producer.Client, step *clientStep) {
	in := step.Input
	if in.Server != "" {
		s.server.set(in.Server)
	}
	switch {
	case in.StartClient:
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- c.Run(ctx) }()
		s.stop = func() {
			began := time.Now()
			cancel()
			require.NoError(t, <-ended)
			require.Less(t, time.Since(began), time.Second, "the end does not wait for producers (C-CLOSE)")
			s.stop = nil
		}
	case in.Server != "":
	case in.Topic != "":
		if in.Component == "ATDome" && in.Topic == "evt_summaryState" && s.stop != nil {
			s.written = append(s.written, cmp.Or(string(in.Data["private_seqNum"]), "0"))
		}
		s.bus.write(in.sample(t, s.defs))
	case in.AdvanceSeconds != nil:
		time.Sleep(seconds(*in.AdvanceSeconds))
	case in.ServerCloses:
		require.NoError(t, s.server.send(ws.NewCloseFrame(ws.NewCloseFrameBody(1001, ""))))
	case in.Receive != nil:
		require.NoError(t, s.server.send(ws.NewTextFrame(in.Receive)))
	case in.ReceiveText != nil:
		require.NoError(t, s.server.send(ws.NewTextFrame([]byte(*in.ReceiveText))))
	case in.ReceiveBinary:
		require.NoError(t, s.server.send(ws.NewBinaryFrame([]byte{1, 2, 3})))
	case in.Close:
		if s.stop != nil { // nothing is left to do the second time
			s.stop()
		}
	default:
		t.Fatal("a step of unknown kind")
	}
}

// shorten returns what messages are about, without heartbeats and without repeated
// attempts to connect.
func (s *clientReplay) shorten(t *testing.T, seen []string) (out []string) {
	for _, what := range seen {
		if !strings.HasPrefix(what, "{") {
			s.connected = what == "accept"
			if len(out) == 0 || out[len(out)-1] != what {
				out = append(out, what)
			}
			continue
		}
		m := newMessage(t, spellOut(what), 0)
		if strings.Contains(m.stream, "Heartbeat") {
			continue
		}
		if strings.HasPrefix(m.stream, "event ATDome 0 summaryState") {
			seq := m.body.(map[string]any)["data"].([]any)[0].(map[string]any)["data"].(map[string]any)["summaryState"].([]any)[0].(map[string]any)["private_seqNum"].(map[string]any)["value"]
			s.arrived = append(s.arrived, strings.TrimPrefix(fmt.Sprint(seq), "number "))
		}
		out = append(out, strings.ReplaceAll(m.stream, "event ", ""))
	}
	return out
}

// check compares what happened in a step with the rules that hold for every
// recording.
func (s *clientReplay) check(t *testing.T, step int, got []string, took time.Duration) {
	var names []string
	for _, component := range s.components {
		name, _, _ := strings.Cut(component, ":")
		names = append(names, "subscribe "+name)
		if name == "ScriptQueue" {
			names = append(names, "subscribe ScriptQueueState", "subscribe Script")
		}
	}
	names = append(names, "subscribe all")
	slices.Sort(names)
	names = slices.Compact(names)
	for i, what := range got {
		if what != "accept" {
			continue
		}
		require.GreaterOrEqual(t, len(got), i+1+len(names), "step %d: a connection begins with all subscriptions (C-REREG)", step)
		require.ElementsMatch(t, names, got[i+1:i+1+len(names)], "step %d", step)
	}
	if s.stop != nil && !s.connected && took > 4*time.Second {
		require.NotEmpty(t, got, "step %d: it never gives up (C-FATAL)", step)
	}
}

const (
	connectATDome = "accept; subscribe all; subscribe ATDome"
	summaryState  = "ATDome 0 summaryState"
	queueStreams  = "ScriptQueueState 1 stateStream; ScriptQueueState 1 scriptsStream; ScriptQueueState 1 availableScriptsStream"
	connectQueue  = connectATDome + "; subscribe ScriptQueue; subscribe ScriptQueueState; subscribe Script"
)

// clientSteps lists what happens in the steps of the recordings of this repository:
// the fixed behaviour (C-RETRY, C-REREG, C-FATAL, C-DROP, C-CLOSE, P-BASE).
var clientSteps = map[string][]string{
	"client_bad_json":     {connectATDome, "", "", ""},
	"client_base_request": {"accept; subscribe all; subscribe UnitTest1", "", "", ""},
	"client_close": {
		connectQueue + "; subscribe Watcher; " + queueStreams + "; Watcher 0 stream",
		"", "goodbye", "",
	},
	"client_empty_reply": {"empty_reply", "empty_reply"},
	"client_received_messages": {
		connectQueue + "; " + queueStreams,
		summaryState, "", "", "", "", summaryState, "", "",
	},
	"client_refused_then_accepted": {
		"refuse", "", "refuse", "", connectATDome + "; " + summaryState, summaryState, summaryState,
		"subscribe all; subscribe ATDome",
	},
	"client_rejected": {"reject_403", "reject_403"},
	"client_server_closes": {
		connectATDome, "", summaryState, "",
		"goodbye; " + connectATDome + "; " + summaryState,
		"", summaryState, "", "subscribe all; subscribe ATDome",
	},
	"client_server_restart": {
		connectATDome + "; subscribe Watcher; Watcher 0 stream",
		"", summaryState, "", "goodbye; refuse", "refuse", "",
		connectATDome + "; subscribe Watcher; " + summaryState + "; Watcher 0 stream",
		summaryState,
	},
}
