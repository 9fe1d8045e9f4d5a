package kafka

import (
	"bytes"
	"fmt"

	"github.com/twmb/avro"
)

// conversion makes a function that turns bodies of the writer's schema into
// bodies of the reader's, by Avro's rules of resolution: fields that the writer
// does not have get their defaults, those that the reader does not have are
// dropped, numbers are widened. It is nil if the two are encoded alike.
func conversion(writer, reader string) (func(body []byte) ([]byte, error), error) {
	if writer == reader {
		return nil, nil
	}
	w, err := avro.Parse(writer)
	if err != nil {
		return nil, fmt.Errorf("the writer's schema: %w", err)
	}
	r, err := avro.Parse(reader)
	if err != nil {
		return nil, fmt.Errorf("the reader's schema: %w", err)
	}
	if bytes.Equal(w.Canonical(), r.Canonical()) { // only words differ
		return nil, nil
	}
	both, err := avro.Resolve(w, r)
	if err != nil {
		return nil, fmt.Errorf("another version of the interface that cannot be converted: %w", err)
	}
	return func(body []byte) ([]byte, error) {
		var values map[string]any
		if _, err := both.Decode(body, &values); err != nil {
			return nil, fmt.Errorf("not the Avro encoding of the writer's schema: %w", err)
		}
		return r.Encode(values)
	}, nil
}
