package main

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/rubin-love/love-go/love/lovetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	powerOf1   = "telemetry-PowerRack-1-power"
	breakerOf1 = "event-PowerRack-1-breaker"
)

func isClosed(b breaker) bool { return b.Closed }
func isOpen(b breaker) bool   { return !b.Closed }

func TestTheRackPublishesTelemetryAndEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // here time passes by itself while everybody waits
		normal := &reading{Volts: []float64{12.1, 4.9}, Watts: 40, Closed: true}
		polls := []*reading{normal, normal, nil, nil, {Closed: false}}
		begin := time.Now()
		manager := lovetest.NewSender(t, newRack(1, func(context.Context, int) (reading, error) {
			if len(polls) == 0 || polls[0] == nil {
				polls = polls[min(1, len(polls)):]
				return reading{}, errors.New("the plug is out")
			}
			now := *polls[0]
			polls = polls[1:]
			return now, nil
		}))
		lovetest.Wait(manager, breakerOf1, isClosed)
		first := manager.Next(powerOf1)
		require.JSONEq(t, `{"volts": {"value": [12.1, 4.9], "dataType": "Array<Float>", "units": "V"},
			"watts": {"value": 40, "dataType": "Float", "units": "W"}}`, string(first.Value))
		require.Equal(t, begin.Add(2*time.Second), first.Time)

		manager.Next(powerOf1)
		manager.None(breakerOf1) // for nothing has changed
		opened := manager.Next(breakerOf1)
		require.Equal(t, begin.Add(10*time.Second), opened.Time, "nothing is sent while the rack does not answer")
		require.Equal(t, `[{"closed":{"value":false,"dataType":"Int","units":"unitless"}}]`, string(opened.Value))
	})
}

func TestTheRackAnswersRequestsForItsEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		manager := lovetest.NewSender(t, newRack(1, simulatedClosed))
		manager.Next(breakerOf1)
		manager.Rest()
		manager.Request("event-PowerRack-2-breaker") // another rack's
		manager.None("event-all-all-all")
		manager.Request(breakerOf1)
		lovetest.Wait(manager, breakerOf1, isClosed)
	})
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
	lovetest.Wait(manager, powerOf1, func(p power) bool { return p.Volts[0] == 12.1 })
	lovetest.Wait(manager, breakerOf1, isClosed)
	page := manager.Subscribe(breakerOf1) // somebody opens a page: the manager asks for the event
	lovetest.Wait(page, breakerOf1, isClosed)

	manager.Kill()
	now.Store(&reading{Volts: []float64{0}, Closed: false}) // while it is away
	manager.Start()
	lovetest.Wait(manager, breakerOf1, isOpen)
	lovetest.Wait(manager, powerOf1, func(p power) bool { return p.Volts[0] == 0 })
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
