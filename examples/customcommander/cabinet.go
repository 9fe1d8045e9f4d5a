package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/commander"
)

// cabinet is the device. That it has Execute makes it a commander.Commander, and
// Check a commander.Checker.
type cabinet struct {
	perDegree time.Duration // how long it takes to get a degree warmer or colder
	shut      chan struct{} // closed when somebody shuts the door

	mu      sync.Mutex
	celsius int
	stop    context.CancelCauseFunc // of the set that is under way; nil: there is none
	by      string                  // who has commanded last
}

func newCabinet(perDegree time.Duration) *cabinet {
	return &cabinet{perDegree: perDegree, shut: make(chan struct{}), celsius: 20}
}

// Execute implements commander.Commander. What the cabinet answers is an Ack, whose
// code is that of success or failure. A command that does not reach it, or gets no
// answer from it, is an error.
func (b *cabinet) Execute(ctx context.Context, c commander.Call) (love.Ack, error) {
	celsius, err := parse(c)
	if err != nil {
		return love.Ack{}, err
	}
	b.mu.Lock()
	b.by = c.Identity
	b.mu.Unlock()
	switch c.Name {
	case "cmd_set":
		return b.executeSet(ctx, celsius)
	case "cmd_stop":
		return b.executeStop(), nil
	default:
		return b.executeLock(ctx)
	}
}

// Check implements commander.Checker, for "loved cmd --dry-run". A commander may do
// without it.
func (b *cabinet) Check(_ context.Context, c commander.Call) (love.Ack, error) {
	if _, err := parse(c); err != nil {
		return love.Ack{}, err
	}
	return love.Ack{Text: commander.WouldSend}, nil
}

// parse refuses what the cabinet would not understand, with a text for the operator.
// celsius is the parameter of the command set.
func parse(c commander.Call) (celsius int, err error) {
	switch {
	case c.CSC != "Cabinet":
		return 0, commander.Refuse("There is Cabinet here, not %s.", c.CSC)
	case c.Name == "cmd_stop", c.Name == "cmd_lock":
		return 0, nil
	case c.Name == "cmd_set":
		var params struct{ Celsius int }
		err := c.Decode(&params)
		return params.Celsius, err
	}
	return 0, commander.Refuse("Cabinet has the commands set, stop and lock, not %s.", c.Name)
}

var errStopped = errors.New("stopped")

// executeSet heats or cools the cabinet, and reports how warm it is on the way.
func (b *cabinet) executeSet(ctx context.Context, celsius int) (love.Ack, error) {
	if celsius < 5 || celsius > 60 {
		return commander.Failed("the cabinet can do 5 to 60 °C"), nil
	}
	ctx, stop := context.WithCancelCause(ctx)
	degrees, ok := b.begin(stop, celsius)
	if !ok {
		return commander.Failed("another set is under way"), nil
	}
	defer b.end()

	// Each estimate of how much longer it takes is added to the time limit, so there is
	// only one.
	commander.Report(ctx, love.Progress{Code: 301, Name: "CMD_INPROGRESS", Timeout: float64(degrees) * b.perDegree.Seconds()})
	ticks := time.NewTicker(b.perDegree)
	defer ticks.Stop()
	for range degrees {
		select {
		case <-ticks.C:
			commander.Report(ctx, love.Progress{Code: 301, Name: "CMD_INPROGRESS", Result: fmt.Sprintf("%d °C", b.step(celsius))})
		case <-ctx.Done():
			if errors.Is(context.Cause(ctx), errStopped) {
				return commander.Failed("stopped"), nil
			}
			return love.Ack{}, context.Cause(ctx) // the time is over
		}
	}
	return love.Ack{Text: love.Done}, nil
}

// executeStop ends a set that is under way.
func (b *cabinet) executeStop() love.Ack {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.stop != nil {
		b.stop(errStopped)
	}
	return love.Ack{Text: love.Done}
}

// executeLock waits for the door to be shut. If nobody does that, the command hangs
// until its time is over, which is an error: no answer came.
func (b *cabinet) executeLock(ctx context.Context) (love.Ack, error) {
	select {
	case <-b.shut:
		return love.Ack{Text: love.Done}, nil
	case <-ctx.Done():
		return love.Ack{}, context.Cause(ctx)
	}
}

// begin begins a set, unless one is under way, and returns by how many degrees the
// temperature has to change.
func (b *cabinet) begin(stop context.CancelCauseFunc, celsius int) (degrees int, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.stop != nil {
		return 0, false
	}
	b.stop = stop
	return max(celsius-b.celsius, b.celsius-celsius), true
}

func (b *cabinet) end() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.stop(nil)
	b.stop = nil
}

// step changes the temperature by a degree and returns it.
func (b *cabinet) step(towards int) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.celsius < towards {
		b.celsius++
	} else {
		b.celsius--
	}
	return b.celsius
}
