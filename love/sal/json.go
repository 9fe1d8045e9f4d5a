package sal

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"strconv"

	"github.com/rubin-love/love-go/internal/wire"
	"github.com/rubin-love/love-go/love"
)

// AppendJSON appends the sample as a JSON object of all fields in the order of the
// definition. NaN and the infinities are bare tokens, as in LOVE's messages.
func (s *Sample) AppendJSON(dst []byte) []byte {
	dst = append(dst, '{')
	for i, f := range s.topic.Fields {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(love.AppendText(dst, f.Name), ':')
		dst = s.AppendValue(dst, i)
	}
	return append(dst, '}')
}

// AppendValue appends the JSON of the value of Topic().Fields[i].
func (s *Sample) AppendValue(dst []byte, i int) []byte {
	c, t := &s.cells[i], s.topic.Fields[i].Type
	if c.IsNull() {
		return append(dst, "null"...)
	}
	switch list := c.List.(type) {
	case []bool:
		return appendList(dst, list, strconv.AppendBool)
	case []int64:
		return appendList(dst, list, appendInt)
	case []float64:
		return appendList(dst, list, love.AppendFloat)
	}
	switch {
	case t == String:
		return love.AppendText(dst, c.Text)
	case t == Boolean:
		return strconv.AppendBool(dst, c.Bits != 0)
	case t.IsFloat():
		return love.AppendFloat(dst, math.Float64frombits(c.Bits))
	}
	return appendInt(dst, int64(c.Bits))
}

func appendInt(dst []byte, n int64) []byte { return strconv.AppendInt(dst, n, 10) }

func appendList[T any](dst []byte, list []T, element func([]byte, T) []byte) []byte {
	dst = append(dst, '[')
	for i, v := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = element(dst, v)
	}
	return append(dst, ']')
}

// MarshalJSON implements json.Marshaler. It is like [Sample.AppendJSON], with null
// for NaN and the infinities.
func (s *Sample) MarshalJSON() ([]byte, error) {
	return wire.AppendStrict(nil, s.AppendJSON(nil)), nil
}

// UnmarshalJSON implements json.Unmarshaler. It returns an error: JSON does not have
// the topic of a sample.
func (s *Sample) UnmarshalJSON([]byte) error {
	return errors.New("a sample cannot be read from JSON, which lacks its topic: read sal.Values, and give them to sal.NewSample")
}

// UnmarshalJSON implements json.Unmarshaler. Numbers become [json.Number], so that
// 64-bit integers keep all digits.
func (v *Values) UnmarshalJSON(text []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	return decoder.Decode((*map[string]any)(v))
}

// String returns the sample as [Sample.AppendJSON] writes it.
func (s *Sample) String() string { return string(s.AppendJSON(nil)) }
