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

// Announce implements [sal.Announcer]. It creates the topics that the brokers do not
// have, and registers the schemas (docs/protocol/sal-kafka.md#topics-and-keys). It
// retries until ctx ends while brokers or registry do not answer; a refusal is a
// [*TopicError] or a [*SchemaError].
func (b *Bus) Announce(ctx context.Context, topics []*sal.Topic) error {
	topics = b.unannounced(topics)
	if len(topics) == 0 {
		return nil
	}
	for _, t := range topics {
		if err := b.checkDefinition(t); err != nil {
			return err
		}
	}
	ctx, cancel := b.withLifetime(ctx)
	defer cancel()
	if err := b.ensureTopics(ctx, topics); err != nil {
		return err
	}
	return b.registerSchemas(ctx, topics)
}

// unannounced returns those of the topics that have not been announced before.
func (b *Bus) unannounced(topics []*sal.Topic) (out []*sal.Topic) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, t := range topics {
		if b.topics[t] == nil {
			out = append(out, t)
		}
	}
	return out
}

// checkDefinition returns an error if the topic is not from the definitions of the
// bus.
func (b *Bus) checkDefinition(t *sal.Topic) error {
	if c, err := b.defs.Component(t.Component); err == nil {
		if known, ok := c.Topic(t.Attr()); ok && known == t {
			return nil
		}
	}
	return fmt.Errorf("%s %s is from other definitions than those of the bus; make the domain with the same definitions", t.Component, t.Attr())
}

// ensureTopics creates the topics that do not exist, and returns when all do.
func (b *Bus) ensureTopics(ctx context.Context, topics []*sal.Topic) error {
	byName := map[string]*sal.Topic{}
	for _, t := range topics {
		byName[TopicName(b.config.SubName, t)] = t
	}
	return b.retry(ctx, "creating topics", func() error {
		missing, err := b.missingTopics(ctx, byName)
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
		err = errors.Join(b.createTopics(ctx, compacted, map[string]*string{"cleanup.policy": &compact}), b.createTopics(ctx, plain, nil))
		if err != nil {
			return err
		}
		if missing, err = b.missingTopics(ctx, byName); len(missing) > 0 {
			return errNotVisible // not every broker knows them yet
		}
		return err
	})
}

// errNotVisible reports a topic that was created but cannot be seen yet.
var errNotVisible = errors.New("created topics are not visible yet")

// missingTopics lists the topics that the brokers do not have.
func (b *Bus) missingTopics(ctx context.Context, byName map[string]*sal.Topic) (missing []string, err error) {
	names := make([]string, 0, len(byName))
	for name := range byName {
		names = append(names, name)
	}
	found, err := b.describeTopics(ctx, names)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		switch state, ok := found[name]; {
		case !ok, errors.Is(state.err, kerr.UnknownTopicOrPartition):
			missing = append(missing, name)
		case state.err != nil:
			return nil, &TopicError{Name: name, Err: state.err}
		}
	}
	slices.Sort(missing)
	return missing, nil
}

// createBatchSize is the number of topics that one request creates.
const createBatchSize = 250

func (b *Bus) createTopics(ctx context.Context, names []string, config map[string]*string) error {
	for batch := range slices.Chunk(names, createBatchSize) {
		created, err := b.admin.CreateTopics(ctx, 1, int16(b.config.Replication), config, batch...)
		if err != nil {
			return err
		}
		for _, c := range created {
			if c.Err != nil && !errors.Is(c.Err, kerr.TopicAlreadyExists) {
				return &TopicError{Name: c.Topic, Err: createError(c)}
			}
		}
	}
	return nil
}

// createError returns the reason why a topic was not created, with the broker's
// message if there is one.
func createError(c kadm.CreateTopicResponse) error {
	if c.ErrMessage == "" {
		return c.Err
	}
	return fmt.Errorf("%w: %s", c.Err, c.ErrMessage)
}

// registerSchemas registers the schemas of topics, up to maxRegistryRequests at a
// time.
func (b *Bus) registerSchemas(ctx context.Context, topics []*sal.Topic) (first error) {
	var once sync.Once
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	work := make(chan *sal.Topic)
	var workers sync.WaitGroup
	for range min(maxRegistryRequests, len(topics)) {
		workers.Go(func() {
			for t := range work {
				if err := b.registerSchema(ctx, t); err != nil {
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

func (b *Bus) registerSchema(ctx context.Context, t *sal.Topic) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	id, err := b.registry.register(ctx, Subject(b.config.SubName, t), t.Schema())
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.topics[t] = &busTopic{name: TopicName(b.config.SubName, t), schemaID: id, codec: newCodec(t)}
	return nil
}
