package kafka

import (
	"context"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/rubin-love/love-go/love"
)

// maxWaitingRecords is the number of records of a topic that may wait for a schema
// before fetching is paused.
const maxWaitingRecords = 1000

// waitingRecord is a record that waits for its schema, or for those of records before it.
type waitingRecord struct {
	*kgo.Record
	former bool // whether it is of a topic that was deleted meanwhile
}

// wait keeps a record until its schema, and those of earlier records, are loaded.
func (r *topicReader) wait(record *kgo.Record) {
	r.waiting = append(r.waiting, waitingRecord{Record: record})
	if len(r.waiting) == 1 {
		r.loadSchema(schemaID(record.Value))
	}
	if !r.paused && len(r.waiting) >= maxWaitingRecords {
		r.paused = true
		r.consumer.bus.client.PauseFetchTopics(r.name)
	}
}

// checkTimeout is how long to wait for the registry to confirm a schema that is known.
const checkTimeout = 5 * time.Second

// loadSchema asks the registry for a schema until it answers; only once if the schema is
// known already, and kept if the registry does not answer.
func (r *topicReader) loadSchema(id int) {
	known := r.decoder.versions[id]
	if known != nil && known.loading {
		return
	}
	r.decoder.versions[id] = &version{loading: true}
	c := r.consumer
	c.bus.start(func() {
		v := r.askForSchema(id, known)
		c.post(func() {
			r.decoder.versions[id] = v
			r.handleWaiting()
		})
	})
}

// askForSchema returns the answer of the registry about a schema.
func (r *topicReader) askForSchema(id int, known *version) *version {
	bus := r.consumer.bus
	var text string
	var err error
	if known != nil && known.err == nil {
		ctx, cancel := context.WithTimeout(bus.ctx, checkTimeout)
		defer cancel()
		if text, err = bus.registry.schemaOnce(ctx, id); err != nil {
			return &version{convert: known.convert, checked: time.Now()}
		}
	} else {
		text, err = bus.registry.schema(bus.ctx, id)
	}
	v := &version{err: err, checked: time.Now()}
	if err == nil {
		v.convert, v.err = conversion(text, r.topic.Schema())
	}
	if v.err != nil {
		v.err = fmt.Errorf("schema %d: %w", id, v.err)
	}
	return v
}

// handleWaiting handles the records that waited.
func (r *topicReader) handleWaiting() {
	waiting := r.waiting
	r.waiting = nil
	received := love.TAI(time.Now())
	for i, w := range waiting {
		d := r.decode(w.Record, received)
		switch {
		case d.err == errSchemaNotLoaded: // and all after it
			r.loadSchema(schemaID(w.Value))
			r.waiting = waiting[i:]
			return
		case w.former:
			r.handleFormer(d)
		default:
			r.handle(d)
		}
	}
	r.resume()
}

func (r *topicReader) resume() {
	if r.paused {
		r.paused = false
		r.consumer.bus.client.ResumeFetchTopics(r.name)
	}
}
