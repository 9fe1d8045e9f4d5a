package kafka

import (
	"bytes"
	"fmt"

	"github.com/twmb/avro"
)

// conversion returns a function that converts bodies from the writer's schema to the
// reader's by Avro's rules of resolution: fields that the writer lacks get their
// defaults, those that the reader lacks are dropped, numbers are widened. It returns
// nil if both schemas have the same encoding.
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
	if bytes.Equal(w.Canonical(), r.Canonical()) { // only descriptions differ
		return nil, nil
	}
	both, err := avro.Resolve(w, r)
	if err != nil {
		return nil, fmt.Errorf("a version of the interface that cannot be converted: %w", err)
	}
	return func(body []byte) ([]byte, error) {
		var values map[string]any
		if _, err := both.Decode(body, &values); err != nil {
			return nil, fmt.Errorf("not the Avro encoding of the writer's schema: %w", err)
		}
		return r.Encode(values)
	}, nil
}
