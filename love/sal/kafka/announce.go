package kafka

import (
	"context"
	"errors"
	"fmt"
	"maps"
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
	_, err := b.announce(ctx, topics)
	return err
}

// announce returns the topics at the brokers, by name.
func (b *Bus) announce(ctx context.Context, topics []*sal.Topic) (map[string]topicState, error) {
	for _, t := range topics {
		if err := b.checkDefinition(t); err != nil {
			return nil, err
		}
	}
	if len(topics) == 0 {
		return nil, nil
	}
	ctx, cancel := b.withLifetime(ctx)
	defer cancel()
	found, err := b.ensureTopics(ctx, topics)
	if err != nil {
		return nil, err
	}
	return found, b.registerSchemas(ctx, topics)
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

// ensureTopics creates the topics that do not exist, and returns all when they do, by
// name.
func (b *Bus) ensureTopics(ctx context.Context, topics []*sal.Topic) (found map[string]topicState, err error) {
	byName := map[string]*sal.Topic{}
	for _, t := range topics {
		byName[TopicName(b.config.SubName, t)] = t
	}
	err = b.retry(ctx, "creating topics", func() (err error) {
		var missing []string
		if found, missing, err = b.missingTopics(ctx, byName); err != nil || len(missing) == 0 {
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
		if found, missing, err = b.missingTopics(ctx, byName); len(missing) > 0 {
			return errNotVisible // not every broker knows them yet
		}
		return err
	})
	return found, err
}

// errNotVisible reports a topic that was created but cannot be seen yet.
var errNotVisible = errors.New("created topics are not visible yet")

// missingTopics asks for topics, and lists those that the brokers do not have.
func (b *Bus) missingTopics(ctx context.Context, byName map[string]*sal.Topic) (found map[string]topicState, missing []string, err error) {
	names := slices.Sorted(maps.Keys(byName))
	if found, err = b.describeTopics(ctx, b.client, names); err != nil {
		return nil, nil, err
	}
	for _, name := range names {
		switch state, ok := found[name]; {
		case !ok, errors.Is(state.err, kerr.UnknownTopicOrPartition):
			missing = append(missing, name)
		case state.err != nil:
			return nil, nil, &TopicError{Name: name, Err: state.err}
		}
	}
	return found, missing, nil
}

// createBatchSize is the number of topics that one request creates.
const createBatchSize = 250

func (b *Bus) createTopics(ctx context.Context, names []string, config map[string]*string) error {
	for batch := range slices.Chunk(names, createBatchSize) {
		created, err := ask(ctx, b, func(ctx context.Context) (kadm.CreateTopicResponses, error) {
			return b.admin.CreateTopics(ctx, 1, int16(b.config.Replication), config, batch...)
		})
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

// registerSchemas registers the schemas of topics that are not registered, up to
// maxRegistryRequests at a time.
func (b *Bus) registerSchemas(ctx context.Context, topics []*sal.Topic) (first error) {
	var once sync.Once
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	work := make(chan *topicWriter)
	var workers sync.WaitGroup
	for range min(maxRegistryRequests, len(topics)) {
		workers.Go(func() {
			for w := range work {
				if err := w.register(ctx); err != nil {
					once.Do(func() { first = err })
					cancel(err)
				}
			}
		})
	}
	for _, t := range topics {
		if w := b.topicWriter(t); !w.registered.Load() {
			work <- w
		}
	}
	close(work)
	workers.Wait()
	return first
}

// register registers the schema of a topic.
func (w *topicWriter) register(ctx context.Context) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	id, err := w.bus.registry.register(ctx, Subject(w.bus.config.SubName, w.topic), w.topic.Schema())
	if err != nil {
		return err
	}
	w.schemaID.Store(int32(id))
	w.registered.Store(true)
	return nil
}
