package kafka

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"
)

// watchRegistry asks the registry periodically about one of the registered schemas, one
// after another. If it no longer has it, or has given its id to another, it was emptied:
// nobody could read what we write, and known ids mean something else.
func (b *Bus) watchRegistry() {
	ticker := time.NewTicker(b.config.RefreshInterval)
	defer ticker.Stop()
	for n := 0; ; n++ {
		select {
		case <-ticker.C:
		case <-b.ctx.Done():
			return
		}
		writers := b.registeredWriters()
		if len(writers) == 0 {
			continue
		}
		if w := writers[n%len(writers)]; !b.isRegistered(w) {
			b.log.Warn("the schema registry was emptied, registering the schemas again", "topic", w.name, "schema", w.schemaID.Load())
			for _, w := range writers {
				w.registered.Store(false)
			}
			b.consumer.post(b.consumer.checkSchemas)
		}
	}
}

// registeredWriters lists the topics whose schema is registered, by name.
func (b *Bus) registeredWriters() []*topicWriter {
	b.mu.Lock()
	defer b.mu.Unlock()
	writers := slices.SortedFunc(maps.Values(b.topics), func(v, w *topicWriter) int { return strings.Compare(v.name, w.name) })
	return slices.DeleteFunc(writers, func(w *topicWriter) bool { return !w.registered.Load() })
}

// isRegistered reports whether the registry has the schema of a topic under its id, as
// far as it answers.
func (b *Bus) isRegistered(w *topicWriter) bool {
	ctx, cancel := context.WithTimeout(b.ctx, checkTimeout)
	defer cancel()
	text, err := b.registry.schemaOnce(ctx, int(w.schemaID.Load()))
	if err != nil {
		return !errors.Is(err, errUnknownSchema)
	}
	convert, err := conversion(text, w.topic.Schema())
	return err == nil && convert == nil
}

// checkSchemas asks the registry again about all schemas that records are read with.
func (c *consumer) checkSchemas() {
	for _, r := range c.readers {
		r.decoder.checkAll()
	}
}
