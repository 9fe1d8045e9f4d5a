package kafka

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/rubin-love/love-go/love/sal"
)

// Announce implements [sal.Announcer]. It makes the topics that the brokers do not
// have, and registers the schemas (spec sal-kafka, section 5). It retries until ctx
// ends while brokers or registry do not answer; a refusal is a [*TopicError] or a
// [*SchemaError].
func (b *Bus) Announce(ctx context.Context, topics []*sal.Topic) error {
	news := b.unannounced(topics)
	if len(news) == 0 {
		return nil
	}
	for _, t := range news {
		if err := b.own(t); err != nil {
			return err
		}
	}
	ctx, cancel := b.within(ctx)
	defer cancel()
	if err := b.makeTopics(ctx, news); err != nil {
		return err
	}
	return b.register(ctx, news)
}

func (b *Bus) unannounced(topics []*sal.Topic) (news []*sal.Topic) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, t := range topics {
		if b.ready[t] == nil {
			news = append(news, t)
		}
	}
	return news
}

// own returns an error if the topic is not from the definitions of the bus.
func (b *Bus) own(t *sal.Topic) error {
	if c, err := b.defs.Component(t.Component); err == nil {
		if known, ok := c.Topic(t.Attr()); ok && known == t {
			return nil
		}
	}
	return fmt.Errorf("%s %s is of other definitions than those that the bus was made with; make the domain with the same", t.Component, t.Attr())
}

// makeTopics makes the topics that do not exist, and returns when all do.
func (b *Bus) makeTopics(ctx context.Context, topics []*sal.Topic) error {
	byName := map[string]*sal.Topic{}
	for _, t := range topics {
		byName[TopicName(b.config.SubName, t)] = t
	}
	return b.insist(ctx, "looking for topics", func() error {
		missing, err := b.missing(ctx, byName)
		if err != nil || len(missing) == 0 {
			return err
		}
		var compacted, plain []string
		for _, name := range missing {
			if byName[name].Kind == sal.Event {
				compacted = append(compacted, name)
			} else {
				plain = append(plain, name)
			}
		}
		compact := "compact"
		err = errors.Join(b.create(ctx, compacted, map[string]*string{"cleanup.policy": &compact}), b.create(ctx, plain, nil))
		if err != nil {
			return err
		}
		if missing, err = b.missing(ctx, byName); len(missing) > 0 {
			return errNotYet // the brokers have not told each other yet
		}
		return err
	})
}

// errNotYet reports a topic that was made but cannot be seen yet.
var errNotYet = errors.New("the topics that were made are not there yet")

// missing lists the topics that the brokers do not have.
func (b *Bus) missing(ctx context.Context, byName map[string]*sal.Topic) (names []string, err error) {
	all := make([]string, 0, len(byName))
	for name := range byName {
		all = append(all, name)
	}
	found, err := b.lookUp(ctx, all)
	if err != nil {
		return nil, err
	}
	for _, name := range all {
		switch state, ok := found[name]; {
		case !ok, errors.Is(state.err, kerr.UnknownTopicOrPartition):
			names = append(names, name)
		case state.err != nil:
			return nil, &TopicError{Name: name, Err: state.err}
		}
	}
	slices.Sort(names)
	return names, nil
}

// createAtOnce is the number of topics that one request makes.
const createAtOnce = 250

func (b *Bus) create(ctx context.Context, names []string, config map[string]*string) error {
	for some := range slices.Chunk(names, createAtOnce) {
		made, err := b.admin.CreateTopics(ctx, 1, int16(b.config.Replication), config, some...)
		if err != nil {
			return err
		}
		for _, m := range made {
			if m.Err != nil && !errors.Is(m.Err, kerr.TopicAlreadyExists) {
				return &TopicError{Name: m.Topic, Err: detailed(m)}
			}
		}
	}
	return nil
}

// detailed returns the reason why a topic was not made, with the broker's message
// if there is one.
func detailed(m kadm.CreateTopicResponse) error {
	if m.ErrMessage == "" {
		return m.Err
	}
	return fmt.Errorf("%w: %s", m.Err, m.ErrMessage)
}

// register registers the schemas of topics, up to registryParallel at a time.
func (b *Bus) register(ctx context.Context, topics []*sal.Topic) (first error) {
	var once sync.Once
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	work := make(chan *sal.Topic)
	var workers sync.WaitGroup
	for range min(registryParallel, len(topics)) {
		workers.Go(func() {
			for t := range work {
				if err := b.registerOne(ctx, t); err != nil {
					once.Do(func() { first = err })
					cancel(err)
				}
			}
		})
	}
	for _, t := range topics {
		work <- t
	}
	close(work)
	workers.Wait()
	return first
}

func (b *Bus) registerOne(ctx context.Context, t *sal.Topic) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	id, err := b.registry.register(ctx, Subject(b.config.SubName, t), t.Schema())
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ready[t] = &outlet{name: TopicName(b.config.SubName, t), id: id, codec: newCodec(t)}
	return nil
}

// insist repeats a request to the brokers until it succeeds or fails for good.
func (b *Bus) insist(ctx context.Context, what string, ask func() error) error {
	return insist(ctx, func(err error) bool {
		var refused *kerr.Error
		switch {
		case errors.Is(err, errNotYet):
		case errors.As(err, &refused) && !refused.Retriable:
			return false
		case b.said.allow(complaintPause):
			b.log.Warn("the Kafka brokers do not answer, trying again", "doing", what, "error", err)
		}
		return true
	}, ask)
}
