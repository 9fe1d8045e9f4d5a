package main

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/lovetest"
	"github.com/rubin-love/love-go/love/producer"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	closed = `[{"closed":{"value":true,"dataType":"Int","units":"unitless"}}]`
	open   = `[{"closed":{"value":false,"dataType":"Int","units":"unitless"}}]`
)

func TestTheRackPublishesTelemetryAndEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // here time passes by itself while everybody waits
		normal := &reading{Volts: []float64{12.1, 4.9}, Watts: 40, Closed: true}
		polls := []*reading{normal, normal, nil, nil, {Closed: false}}
		r := newRack(1, func(context.Context, int) (reading, error) {
			now := polls[0]
			polls = polls[1:]
			if now == nil {
				return reading{}, errors.New("the plug is out")
			}
			return *now, nil
		})
		sent := make(sender, 10)
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		begin := time.Now()
		go func() { ended <- r.Run(ctx, sent) }()

		group, value := sent.next(t)
		require.Equal(t, "event-PowerRack-1-breaker", group)
		require.Equal(t, closed, value)
		group, value = sent.next(t)
		require.Equal(t, "telemetry-PowerRack-1-power", group)
		require.JSONEq(t, `{"volts": {"value": [12.1, 4.9], "dataType": "Array<Float>", "units": "V"},
			"watts": {"value": 40, "dataType": "Float", "units": "W"}}`, value)
		require.Equal(t, 2*time.Second, time.Since(begin))

		group, _ = sent.next(t)
		require.Equal(t, "telemetry-PowerRack-1-power", group, "no event, for nothing has changed")
		group, value = sent.next(t)
		require.Equal(t, 10*time.Second, time.Since(begin), "nothing is sent while the rack does not answer")
		require.Equal(t, "event-PowerRack-1-breaker", group)
		require.Equal(t, open, value)
		stop()
		require.NoError(t, <-ended)
	})
}

func TestTheRackAnswersRequestsForItsEvents(t *testing.T) {
	r, sent := newRack(1, simulatedClosed), make(sender, 10)
	_, err := r.poll(t.Context())
	require.NoError(t, err)
	request := producer.Request{CSC: "PowerRack", SalIndex: love.Index(2), Stream: "breaker"}
	require.NoError(t, r.HandleRequest(t.Context(), request, sent))
	require.Empty(t, sent, "another rack's")
	request.SalIndex = love.Index(1)
	require.NoError(t, r.HandleRequest(t.Context(), request, sent))
	_, value := sent.next(t)
	require.Equal(t, closed, value)
}

func TestTheRackComesBackWithItsManager(t *testing.T) {
	var now atomic.Pointer[reading]
	now.Store(&reading{Volts: []float64{12.1}, Closed: true})
	read := func(context.Context, int) (reading, error) { return *now.Load(), nil }
	manager := lovetest.NewManager(t)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, manager.URL, manager.Password, []string{"PowerRack:1"}, read, 20*time.Millisecond)
	}()
	// await takes messages until one has the value; after a restart older ones may come
	// first, because what the manager has not confirmed is sent again.
	await := func(group, value string) {
		for range 1000 {
			if strings.Contains(string(manager.Next(group).Data[0].Streams[0].Value), value) {
				return
			}
		}
		t.Fatal(group, "is never", value)
	}
	await("telemetry-PowerRack-1-power", `"value":[12.1]`)
	await("event-PowerRack-1-breaker", closed)
	manager.Watch("event-PowerRack-1-breaker") // somebody opens a page: the manager asks for it
	await("event-PowerRack-1-breaker", closed)

	manager.Kill()
	now.Store(&reading{Volts: []float64{0}, Closed: false}) // while it is away
	manager.Start()
	await("event-PowerRack-1-breaker", open)
	await("telemetry-PowerRack-1-power", `"value":[0.0]`)
	stop()
	require.NoError(t, <-ended)
}

func TestNamesThatAreNoRacksAreErrors(t *testing.T) {
	for names, want := range map[string]string{
		"PowerRack":               "racks are numbered from 1",
		"PowerRack:x":             "not a component name",
		"ATDome":                  "unknown component",
		"PowerRack:1 PowerRack:1": "given twice",
	} {
		err := run(t.Context(), "http://127.0.0.1:1", "a password", strings.Fields(names), simulatedClosed, time.Second)
		require.ErrorContains(t, err, want)
	}
}

func TestAForgottenPasswordIsAnError(t *testing.T) {
	err := run(t.Context(), "http://127.0.0.1:1", "", []string{"PowerRack:1"}, simulatedClosed, time.Second)
	require.ErrorContains(t, err, "the password is empty")
}

func simulatedClosed(context.Context, int) (reading, error) { return reading{Closed: true}, nil }

// sender stands for the manager.
type sender chan producer.Data

// Send implements producer.Sender.
func (s sender) Send(_ context.Context, d producer.Data) error {
	d.JSON = bytes.Clone(d.JSON) // the producer uses it again
	s <- d
	return nil
}

// next waits for a message and returns its group and value.
func (s sender) next(t *testing.T) (group, value string) {
	m, err := love.ParseMessage((<-s).JSON)
	require.NoError(t, err)
	index, _ := m.Data[0].SalIndex.Int()
	stream := m.Data[0].Streams[0]
	return love.StreamGroup(m.Category, m.Data[0].CSC, index, stream.Name).String(), string(stream.Value)
}
