package sal

import (
	"context"
	"sync"
)

// writer writes one topic of a controller. It keeps the current sample, so that it
// knows whether an event changed (docs/protocol/sal-kafka.md#writing).
type writer struct {
	topic *Topic

	mu      sync.Mutex
	current *Sample // the last sample written; all zeros before the first
	number  int
	written bool
}

// WriteOption changes a default of [Controller.Write].
type WriteOption func(*writeSettings)

type writeSettings struct {
	force    bool
	identity string
}

// Force writes an event even if nothing changed.
func Force() WriteOption { return func(s *writeSettings) { s.force = true } }

// WriteAs sets the identity of the writer of this sample: "ana@host". Default: the
// component.
func WriteAs(identity string) WriteOption {
	return func(s *writeSettings) { s.identity = identity }
}

// write changes fields of the current sample and sends it, if forced or if
// anything changed; the first time counts as a change.
func (w *writer) write(ctx context.Context, c *Controller, values Values, set writeSettings) (bool, error) {
	if err := checkOwn(w.topic, values); err != nil {
		return false, err
	}
	if err := checkIdentity(w.topic, set.identity); err != nil {
		return false, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	s, changed, err := w.current.with(values)
	if err != nil {
		return false, err
	}
	s.warnLengths(c.domain.log)
	if !changed && w.written && !set.force {
		return false, nil
	}
	if s == w.current {
		s = s.clone() // the published sample is shared and must not change
	}
	w.number = w.number%maxIndex + 1
	c.domain.fillIn(s, c.index, set.identity, w.number)
	if ctx.Err() != nil { // while another sample was being written
		return false, &NotWrittenError{Topic: w.topic, Err: context.Cause(ctx)}
	}
	if err := c.domain.bus.Publish(ctx, s); err != nil {
		return false, err
	}
	w.current, w.written = s, true
	return true, nil
}
