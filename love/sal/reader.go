package sal

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
)

// reader reads topics of one component. It holds late joiner data back until it is
// complete, filters by index and drops samples that are out of order (spec
// sal-kafka, sections 9.2 to 9.4). A single goroutine runs it.
type reader struct {
	domain *Domain
	index  int
	sub    Subscription
	topics map[*Topic]*readTopic
	past   int // number of topics whose past is not complete yet
	// deliver is called by run with each sample that passed the filters, in order.
	deliver func(*readTopic, *Sample)
}

// readTopic is the state of one topic of a reader.
type readTopic struct {
	topic   *Topic
	ordered bool                // whether samples older than the last are dropped
	past    *pastSamples        // nil once the past has been delivered
	newest  *instances[float64] // the last private_sndStamp of each instance
	latest  atomic.Pointer[Sample]
}

// pastSamples holds late joiner data: the newest sample of each instance, in the
// order in which the instances were first seen.
type pastSamples struct {
	newest []*Sample
}

func (p *pastSamples) keep(s *Sample) {
	i := slices.IndexFunc(p.newest, func(o *Sample) bool { return o.Index() == s.Index() })
	if i < 0 {
		p.newest = append(p.newest, s)
		return
	}
	p.newest[i] = s
}

func (d *Domain) newReader(ctx context.Context, index int, wants []Want, deliver func(*readTopic, *Sample)) (*reader, error) {
	r := &reader{domain: d, index: index, topics: map[*Topic]*readTopic{}, deliver: deliver}
	for _, w := range wants {
		t := &readTopic{topic: w.Topic, newest: newInstances[float64](), ordered: w.Topic.Kind == Event || w.Topic.Kind == Telemetry}
		if w.Past > 0 {
			t.past = &pastSamples{}
			r.past++
		}
		r.topics[w.Topic] = t
	}
	sub, err := d.bus.Subscribe(ctx, wants)
	if err != nil {
		return nil, err
	}
	r.sub = sub
	return r, nil
}

// run reads until ctx ends or the bus fails. It calls started once, when all late
// joiner data has been delivered.
func (r *reader) run(ctx context.Context, started func()) error {
	if r.past == 0 {
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
	case t.past != nil:
		kept := t.past.newest
		t.past = nil
		for _, s := range kept {
			r.pass(t, s)
		}
		if r.past--; r.past == 0 {
			started()
		}
	}
}

func (r *reader) sample(t *readTopic, s *Sample) {
	if t.ordered {
		sent, index := s.Sent(), s.Index()
		if last, seen := t.newest.get(index); seen && sent < last && t.past == nil {
			r.domain.log.Warn("dropped a sample that is older than the one before", "component", t.topic.Component, "topic", t.topic.Attr(), "index", index)
			return
		}
		t.newest.put(index, sent)
	}
	if r.index != 0 && s.Index() != r.index {
		return
	}
	if t.past != nil {
		t.past.keep(s)
		return
	}
	r.pass(t, s)
}

func (r *reader) pass(t *readTopic, s *Sample) {
	t.latest.Store(s)
	r.deliver(t, s)
}
