package love

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/rubin-love/love-go/internal/wire"
)

// RawValue is the JSON of one value as it stood on the wire. It may contain
// the bare tokens NaN, Infinity and -Infinity, which JSON does not have:
// [RawValue.Strict], and encoding/json by [RawValue.MarshalJSON], give the same
// value with null in their place.
type RawValue []byte

// Strict returns v with null for each bare NaN, Infinity and -Infinity.
func (v RawValue) Strict() json.RawMessage {
	if !wire.MayHoldNonFinite(v) {
		return json.RawMessage(v)
	}
	return wire.AppendStrict(make([]byte, 0, len(v)), v)
}

// MarshalJSON implements json.Marshaler: it returns the strict form of v, and null
// if v is nil. The error says where v stops being JSON.
func (v RawValue) MarshalJSON() ([]byte, error) {
	if v == nil {
		return []byte("null"), nil
	}
	if err := v.check(); err != nil {
		return nil, err
	}
	return v.Strict(), nil
}

// UnmarshalJSON implements json.Unmarshaler: it sets v to a copy of the text.
func (v *RawValue) UnmarshalJSON(text []byte) error {
	*v = bytes.Clone(text)
	return nil
}

// check returns an error unless v is nil or one JSON value in UTF-8.
func (v RawValue) check() error {
	if v == nil {
		return nil
	}
	if err := wire.Valid(v); err != nil {
		return fmt.Errorf("a raw value is %w", err)
	}
	if !utf8.Valid(v) {
		return errors.New("a raw value is not UTF-8")
	}
	return nil
}
