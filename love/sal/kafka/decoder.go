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
	codec    *codec
	versions map[int]*version // by id; one of them is the topic's own schema
}

// version is a version of the schema.
type version struct {
	loading bool
	convert func(body []byte) ([]byte, error) // converts to the own version; nil if not needed
	err     error                             // why there is no conversion
	checked time.Time                         // when the registry was asked; zero to ask with the next record that cannot be read
	check   bool                              // whether to ask before the next record
}

// checkInterval is the least time between two questions about a schema whose records
// cannot be read. The registry may have been emptied and have given its id to another.
const checkInterval = time.Minute

// errSchemaNotLoaded reports a record whose schema must be loaded first.
var errSchemaNotLoaded = errors.New("the schema is not loaded")

// errHeader reports a value that does not begin as SAL messages do.
var errHeader = errors.New("not a SAL message, which begins with a zero and the id of a schema in four bytes")

func newDecoder(c *codec, own int) *decoder {
	return &decoder{codec: c, versions: map[int]*version{own: {}}}
}

// checkAll makes the decoder ask the registry again about each schema.
func (d *decoder) checkAll() {
	for _, v := range d.versions {
		v.check = true
	}
}

// decode decodes a record. It returns nil for a control record of the brokers.
func (d *decoder) decode(r *kgo.Record, received float64) (*sal.Sample, error) {
	if r.Attrs.IsControl() {
		return nil, nil
	}
	return d.sample(r.Value, received)
}

func (d *decoder) sample(value []byte, received float64) (*sal.Sample, error) {
	if len(value) <= headerSize || value[0] != 0 {
		return nil, errHeader
	}
	v := d.versions[schemaID(value)]
	if v == nil || v.loading || v.check {
		return nil, errSchemaNotLoaded
	}
	s, err := d.sampleOf(v, value[headerSize:], received)
	if err != nil && time.Since(v.checked) > checkInterval {
		return nil, errSchemaNotLoaded
	}
	return s, err
}

// sampleOf decodes the body of a record of a version.
func (d *decoder) sampleOf(v *version, body []byte, received float64) (s *sal.Sample, err error) {
	if v.err != nil {
		return nil, v.err
	}
	if v.convert != nil {
		if body, err = v.convert(body); err != nil {
			return nil, err
		}
	}
	return d.codec.decode(body, received)
}

func schemaID(value []byte) int { return int(binary.BigEndian.Uint32(value[1:])) }
