package sal

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
)

// reader reads topics of one component: it keeps late joiner data back until
// complete, filters by index and drops what is out of order (spec sal-kafka,
// sections 9.2 to 9.4). One goroutine runs it.
type reader struct {
	domain *Domain
	index  int
	sub    Subscription
	topics map[*Topic]*readTopic
	past   int // topics whose past is not complete yet
	// deliver gets what passed, in order, on the goroutine of run.
	deliver func(*readTopic, *Sample)
}

// readTopic is what a reader knows of one topic.
type readTopic struct {
	topic   *Topic
	ordered bool                // an older sample is dropped
	past    *pastSamples        // nil when the past was delivered
	newest  *instances[float64] // the last private_sndStamp of each
	latest  atomic.Pointer[Sample]
}

// pastSamples are late joiner data: the newest sample of each instance, in the
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

// run reads until ctx ends or the bus fails; started is called once, when all
// late joiner data was delivered.
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
