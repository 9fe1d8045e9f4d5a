package main

import (
	"context"
	"fmt"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/producer"
)

// reading is what a rack says about itself.
type reading struct {
	Volts  []float64
	Watts  float64
	Closed bool // the breaker
}

// readFunc asks the rack with an index.
type readFunc func(ctx context.Context, index int) (reading, error)

// rack is the producer of one rack. The embedded Base makes it a producer.Producer:
// it polls, sends, and answers a manager that asks for an event again, because
// somebody has opened a page.
type rack struct {
	*producer.Base
	index int
	read  readFunc

	known  bool // closed has been published
	closed bool
}

func newRack(index int, read readFunc, opts ...producer.BaseOption) *rack {
	r := &rack{Base: producer.NewBase("PowerRack", opts...), index: index, read: read}
	r.RegisterPeriodic(love.CategoryTelemetry, r.poll) // every two seconds, or WithPeriod
	return r
}

// Name implements producer.Producer. It is for logs, where Base does not know the
// index.
func (r *rack) Name() string { return fmt.Sprintf("PowerRack:%d", r.index) }

// poll returns the telemetry, which is sent. An event is published when something
// changes; Base keeps the newest for those who come later.
func (r *rack) poll(ctx context.Context) (any, error) {
	now, err := r.read(ctx, r.index)
	if err != nil {
		return nil, err // is logged; at the next poll it may be better
	}
	if !r.known || now.Closed != r.closed {
		// The value of an event is a list with one object.
		breaker := []any{map[string]any{"closed": producer.Decorate(now.Closed, "")}}
		if err := r.Publish(ctx, r.stream("breaker", breaker)); err != nil {
			return nil, err
		}
		r.known, r.closed = true, now.Closed
	}
	return r.stream("power", map[string]any{
		"volts": producer.Decorate(now.Volts, "V"),
		"watts": producer.Decorate(now.Watts, "W"),
	}), nil
}

// stream returns an object as a manager distributes it: viewers subscribe to
// event-PowerRack-1-breaker, telemetry-PowerRack-1-power.
func (r *rack) stream(name string, value any) map[string]any {
	return map[string]any{"csc": "PowerRack", "salindex": r.index, "data": map[string]any{name: value}}
}
