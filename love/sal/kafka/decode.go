package kafka

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/sal"
)

// decoder decodes the records of one topic, whatever version of its schema they
// were written with (spec sal-kafka, sections 6 and 9.5). Only the goroutine of the
// consumer uses it.
type decoder struct {
	codec  *codec
	own    int              // id of the topic's own schema
	others map[int]*version // by id
	failed int              // records that could not be read
}

// version is another version of the schema.
type version struct {
	loading bool
	convert func(body []byte) ([]byte, error) // converts to the own version; nil if not needed
	err     error                             // why there is no conversion
	retry   time.Time                         // when to ask again after an error
}

// errNotLoaded reports a record whose schema has to be asked for.
var errNotLoaded = errors.New("the schema is not loaded")

// errHeader reports a value that does not begin as SAL messages do.
var errHeader = errors.New("a SAL message begins with a zero, four bytes with the id of a schema, and has a body")

func newDecoder(c *codec, own int) *decoder {
	return &decoder{codec: c, own: own, others: map[int]*version{}}
}

// decode decodes a record. It returns nil for a control record of the brokers.
func (d *decoder) decode(r *kgo.Record, received float64) (*sal.Sample, error) {
	if r.Attrs.IsControl() {
		return nil, nil
	}
	s, err := d.sample(r.Value, received)
	if err != nil && err != errNotLoaded {
		d.failed++
	}
	return s, err
}

func (d *decoder) sample(value []byte, received float64) (*sal.Sample, error) {
	if len(value) <= headerSize || value[0] != 0 {
		return nil, errHeader
	}
	id, body := schemaID(value), value[headerSize:]
	if id == d.own {
		return d.codec.decode(body, received)
	}
	v := d.others[id]
	switch {
	case v == nil || v.loading || v.err != nil && time.Now().After(v.retry):
		return nil, errNotLoaded
	case v.err != nil:
		return nil, v.err
	case v.convert != nil:
		var err error
		if body, err = v.convert(body); err != nil {
			return nil, err
		}
	}
	return d.codec.decode(body, received)
}

func schemaID(value []byte) int { return int(binary.BigEndian.Uint32(value[1:])) }

// wait keeps a record until its schema, and those of earlier records, are loaded.
func (f *feed) wait(r *kgo.Record) {
	f.waiting = append(f.waiting, r)
	if len(f.waiting) == 1 {
		f.load(schemaID(r.Value))
	}
	if !f.paused && len(f.waiting) >= waitingLimit {
		f.paused = true
		f.consumer.bus.client.PauseFetchTopics(f.name)
	}
}

// waitingLimit is the number of records of a topic that may wait for a schema before
// fetching is paused.
const waitingLimit = 1000

// load asks the registry for a schema until it answers.
func (f *feed) load(id int) {
	if v := f.decoder.others[id]; v != nil && v.loading {
		return
	}
	f.decoder.others[id] = &version{loading: true}
	c := f.consumer
	c.bus.work.Go(func() {
		text, err := c.bus.registry.schema(c.bus.life, id)
		v := &version{err: err}
		if err == nil {
			v.convert, v.err = conversion(text, f.topic.Schema())
		}
		if v.err != nil {
			v.err = fmt.Errorf("schema %d: %w", id, v.err)
			v.retry = time.Now().Add(time.Minute)
		}
		c.post(func() {
			f.decoder.others[id] = v
			f.catchUp()
		})
	})
}

// catchUp handles the records that waited.
func (f *feed) catchUp() {
	waited := f.waiting
	f.waiting = nil
	f.take(waited, love.TAI(f.consumer.bus.clock.Now()))
	if len(f.waiting) == 0 {
		f.resume()
	}
}

func (f *feed) resume() {
	if f.paused {
		f.paused = false
		f.consumer.bus.client.ResumeFetchTopics(f.name)
	}
}
