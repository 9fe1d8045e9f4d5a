package main

import (
	"context"

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

// power is the telemetry of a rack. The tags are the names and units of its fields.
type power struct {
	Volts []float64 `love:"volts,V"`
	Watts float64   `love:"watts,W"`
}

// breaker is the event of a rack.
type breaker struct {
	Closed bool `love:"closed"`
}

// rack is the producer of one rack. The embedded Base makes it a producer.Producer:
// it polls, sends, and answers a manager that asks for an event again, because
// somebody has opened a page.
type rack struct {
	*producer.Base
	index int
	read  readFunc

	known bool // an event has been published
	last  breaker
}

// newRack returns the producer of a rack: viewers subscribe to
// telemetry-PowerRack-INDEX-power and event-PowerRack-INDEX-breaker.
func newRack(index int, read readFunc, opts ...producer.BaseOption) *rack {
	r := &rack{Base: producer.NewInstance("PowerRack", index, opts...), index: index, read: read}
	r.RegisterTelemetry("power", r.poll) // every two seconds, or WithPeriod
	return r
}

// poll returns the telemetry, which is sent. An event is published when something
// changes; Base keeps the newest for those who come later.
func (r *rack) poll(ctx context.Context) (any, error) {
	now, err := r.read(ctx, r.index)
	if err != nil {
		return nil, err // is logged; at the next poll it may be better
	}
	if state := (breaker{now.Closed}); !r.known || state != r.last {
		if err := r.Event(ctx, "breaker", state); err != nil {
			return nil, err
		}
		r.known, r.last = true, state
	}
	return power{now.Volts, now.Watts}, nil
}
