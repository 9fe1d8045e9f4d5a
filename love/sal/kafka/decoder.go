package kafka

import (
	"encoding/binary"
	"errors"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/rubin-love/love-go/love/sal"
)

// decoder decodes the records of one topic, whatever version of its schema they were
// written with (docs/protocol/sal-kafka.md#message-bytes and #schema-versions). Only
// the goroutine of the consumer uses it.
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

// errSchemaNotLoaded reports a record whose schema must be loaded first.
var errSchemaNotLoaded = errors.New("the schema is not loaded")

// errHeader reports a value that does not begin as SAL messages do.
var errHeader = errors.New("not a SAL message, which begins with a zero and the id of a schema in four bytes")

func newDecoder(c *codec, own int) *decoder {
	return &decoder{codec: c, own: own, others: map[int]*version{}}
}

// decode decodes a record. It returns nil for a control record of the brokers.
func (d *decoder) decode(r *kgo.Record, received float64) (*sal.Sample, error) {
	if r.Attrs.IsControl() {
		return nil, nil
	}
	s, err := d.sample(r.Value, received)
	if err != nil && err != errSchemaNotLoaded {
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
		return nil, errSchemaNotLoaded
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
