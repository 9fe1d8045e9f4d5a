package kafka

import (
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/rubin-love/love-go/love"
)

// maxWaitingRecords is the number of records of a topic that may wait for a schema
// before fetching is paused.
const maxWaitingRecords = 1000

// wait keeps a record until its schema, and those of earlier records, are loaded.
func (r *topicReader) wait(record *kgo.Record) {
	r.waiting = append(r.waiting, record)
	if len(r.waiting) == 1 {
		r.loadSchema(schemaID(record.Value))
	}
	if !r.paused && len(r.waiting) >= maxWaitingRecords {
		r.paused = true
		r.consumer.bus.client.PauseFetchTopics(r.name)
	}
}

// loadSchema asks the registry for a schema until it answers.
func (r *topicReader) loadSchema(id int) {
	if v := r.decoder.others[id]; v != nil && v.loading {
		return
	}
	r.decoder.others[id] = &version{loading: true}
	c := r.consumer
	c.bus.goroutines.Go(func() {
		text, err := c.bus.registry.schema(c.bus.ctx, id)
		v := &version{err: err}
		if err == nil {
			v.convert, v.err = conversion(text, r.topic.Schema())
		}
		if v.err != nil {
			v.err = fmt.Errorf("schema %d: %w", id, v.err)
			v.retry = time.Now().Add(time.Minute)
		}
		c.post(func() {
			r.decoder.others[id] = v
			r.handleWaiting()
		})
	})
}

// handleWaiting handles the records that waited.
func (r *topicReader) handleWaiting() {
	waiting := r.waiting
	r.waiting = nil
	r.handleRecords(waiting, love.TAI(time.Now()))
	if len(r.waiting) == 0 {
		r.resume()
	}
}

func (r *topicReader) resume() {
	if r.paused {
		r.paused = false
		r.consumer.bus.client.ResumeFetchTopics(r.name)
	}
}
