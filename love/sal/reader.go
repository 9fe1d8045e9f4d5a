package sal

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
)

// reader reads topics of one component. It keeps late joiner data until that is
// complete, filters by index and drops samples that are out of order
// (docs/protocol/sal-kafka.md#late-joiner-data, #index and #order). A single
// goroutine runs it.
type reader struct {
	domain *Domain
	index  int
	sub    Subscription
	topics map[*Topic]*readTopic
	// incomplete is the number of topics whose history is not complete yet.
	incomplete int
	// deliver is called by run with each sample that passed the filters, in order.
	deliver func(*readTopic, *Sample)
}

// readTopic is the state of one topic of a reader.
type readTopic struct {
	topic   *Topic
	ordered bool                   // whether samples older than the last are dropped
	history *history               // nil once it has been delivered
	newest  *instances[float64]    // the last private_sndStamp of each instance
	latest  atomic.Pointer[Sample] // of any instance
}

// history holds late joiner data: the newest sample of each instance, in the order in
// which the instances were first seen.
type history struct {
	newest []*Sample
}

func (h *history) keep(s *Sample) {
	i := slices.IndexFunc(h.newest, func(o *Sample) bool { return o.Index() == s.Index() })
	if i < 0 {
		h.newest = append(h.newest, s)
		return
	}
	h.newest[i] = s
}

func (d *Domain) newReader(ctx context.Context, index int, requests []TopicRequest, deliver func(*readTopic, *Sample)) (*reader, error) {
	r := &reader{domain: d, index: index, topics: map[*Topic]*readTopic{}, deliver: deliver}
	for _, request := range requests {
		t := &readTopic{topic: request.Topic, newest: newInstances[float64]()}
		t.ordered = t.topic.Kind == Event || t.topic.Kind == Telemetry
		if request.History > 0 {
			t.history = &history{}
			r.incomplete++
		}
		r.topics[t.topic] = t
	}
	sub, err := d.bus.Subscribe(ctx, requests)
	if err != nil {
		return nil, err
	}
	r.sub = sub
	return r, nil
}

// run reads until ctx ends or the bus fails. It calls started once, when all late
// joiner data has been delivered.
func (r *reader) run(ctx context.Context, started func()) error {
	if r.incomplete == 0 {
		started()
	}
	for {
		batch, err := r.sub.Receive(ctx)
		if err == nil && ctx.Err() != nil { // on a bus that is never quiet, Receive does not wait for ctx
			err = context.Cause(ctx)
		}
		if err != nil {
			return errors.Join(err, r.sub.Close())
		}
		for _, d := range batch {
			r.handle(d, started)
		}
	}
}

func (r *reader) handle(d Delivery, started func()) {
	t := r.topics[d.Topic]
	switch {
	case t == nil:
		return
	case d.Sample != nil:
		r.sample(t, d.Sample.as(t.topic))
	case t.history != nil:
		kept := t.history.newest
		t.history = nil
		for _, s := range kept {
			r.pass(t, s)
		}
		if r.incomplete--; r.incomplete == 0 {
			started()
		}
	}
}

func (r *reader) sample(t *readTopic, s *Sample) {
	if t.ordered {
		sent, index := s.Sent(), s.Index()
		if last, seen := t.newest.get(index); seen && sent < last && t.history == nil {
			r.domain.log.Warn("dropped a sample that is older than the one before", "component", t.topic.Component, "topic", t.topic.Attr(), "index", index)
			return
		}
		t.newest.put(index, sent)
	}
	if r.index != 0 && s.Index() != r.index {
		return
	}
	if t.history != nil {
		t.history.keep(s)
		return
	}
	r.pass(t, s)
}

func (r *reader) pass(t *readTopic, s *Sample) {
	t.latest.Store(s)
	r.deliver(t, s)
}
