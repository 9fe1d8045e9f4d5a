package sal

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/rubin-love/love-go/internal/wire"
	"github.com/rubin-love/love-go/love/sal/internal/cells"
)

// Values holds the values of fields to set, by name. A value is a bool, a number of
// any Go type, a json.Number or a string in UTF-8, or a slice of these for an array.
// nil leaves the field unchanged; a command cannot have it
// (docs/protocol/sal-kafka.md#writing).
type Values map[string]any

// Null sets a field to have no value; only [Field.Nullable] fields accept it.
const Null nullValue = "null"

type nullValue string

// cellOf converts a value for a field. If the value does not fit, reason
// describes what would; otherwise it is empty.
func cellOf(f Field, v any) (c cells.Cell, reason string) {
	if v == any(Null) {
		if !f.Nullable {
			return cells.Cell{}, "takes a value, not null"
		}
		c.SetNull()
		return c, ""
	}
	if f.IsArray() {
		return listOf(f, v)
	}
	switch {
	case f.Type == String:
		s, ok := textOf(v)
		switch {
		case !ok:
			return cells.Cell{}, "takes a text, not " + describe(v)
		case !utf8.ValidString(s):
			return cells.Cell{}, "takes a text in UTF-8, not " + describe(s)
		}
		return cells.Cell{Text: s}, ""
	case f.Type == Boolean:
		b, reason := boolOf(v)
		if b {
			c.Bits = 1
		}
		return c, reason
	case f.Type.IsFloat():
		x, reason := floatOf(f.Type, v)
		return cells.Cell{Bits: math.Float64bits(x)}, reason
	}
	n, reason := intOf(f.Type, v)
	return cells.Cell{Bits: uint64(n)}, reason
}

func listOf(f Field, v any) (cells.Cell, string) {
	switch list := v.(type) { // these need no conversion
	case []float64:
		if f.Type == Double {
			return cells.Cell{List: slices.Clone(list)}, ""
		}
	case []bool:
		if f.Type == Boolean {
			return cells.Cell{List: slices.Clone(list)}, ""
		}
	}
	rv := reflect.ValueOf(v)
	if k := rv.Kind(); k != reflect.Slice && k != reflect.Array {
		return cells.Cell{}, fmt.Sprintf("takes a list of %d elements (%s), not %s", f.Count, f.Type, describe(v))
	}
	switch {
	case f.Type == Boolean:
		return elements(rv, boolOf)
	case f.Type.IsFloat():
		return elements(rv, func(e any) (float64, string) { return floatOf(f.Type, e) })
	}
	return elements(rv, func(e any) (int64, string) { return intOf(f.Type, e) })
}

func elements[T any](rv reflect.Value, convert func(any) (T, string)) (cells.Cell, string) {
	list := make([]T, rv.Len())
	for i := range list {
		v, reason := convert(rv.Index(i).Interface())
		if reason != "" {
			return cells.Cell{}, fmt.Sprintf("element %d %s", i, reason)
		}
		list[i] = v
	}
	return cells.Cell{List: list}, ""
}

func textOf(v any) (string, bool) {
	if s, ok := v.(string); ok {
		return s, true
	}
	if _, isNumber := v.(json.Number); isNumber {
		return "", false
	}
	if rv := reflect.ValueOf(v); rv.Kind() == reflect.String {
		return rv.String(), true
	}
	return "", false
}

func boolOf(v any) (bool, string) {
	if b, ok := v.(bool); ok {
		return b, ""
	}
	if n, reason := intOf(Byte, v); reason == "" && n <= 1 {
		return n == 1, ""
	}
	return false, "takes true or false, not " + describe(v)
}

func floatOf(t Type, v any) (float64, string) {
	x, ok := numberAsFloat(v)
	switch {
	case !ok && math.IsInf(x, 0):
		return 0, beyondFloats(t, v)
	case !ok:
		return 0, notANumber(t, v)
	case t == Double:
		return x, ""
	}
	narrow := float64(float32(x))
	if math.IsInf(narrow, 0) && !math.IsInf(x, 0) {
		return 0, beyondFloats(t, v)
	}
	return narrow, ""
}

func beyondFloats(t Type, v any) string {
	highest := math.MaxFloat64
	if t == Float {
		highest = math.MaxFloat32
	}
	return fmt.Sprintf("takes a number (%s) up to %g, not %s", t, highest, describe(v))
}

// notANumber returns the reason why a numeric type does not take a value.
func notANumber(t Type, v any) string {
	if t.IsFloat() {
		return fmt.Sprintf("takes a number (%s), not %s", t, describe(v))
	}
	lowest, highest, _ := t.Range()
	return fmt.Sprintf("takes a whole number from %d to %d (%s), not %s", lowest, highest, t, describe(v))
}

// numberAsFloat converts a number to the nearest float. For one beyond all floats
// ok is false and the float infinite.
func numberAsFloat(v any) (x float64, ok bool) {
	switch x := v.(type) {
	case float64:
		return x, true
	case json.Number:
		f, err := strconv.ParseFloat(string(x), 64)
		return f, err == nil
	}
	switch rv := reflect.ValueOf(v); {
	case rv.CanFloat():
		return rv.Float(), true
	case rv.CanInt():
		return float64(rv.Int()), true
	case rv.CanUint():
		return float64(rv.Uint()), true
	case rv.Kind() == reflect.Bool:
		return boolNumber(rv.Bool()), true
	}
	return 0, false
}

func boolNumber(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func intOf(t Type, v any) (int64, string) {
	lowest, highest, _ := t.Range()
	n, ok := numberAsInt(v)
	if !ok || n < lowest || n > highest {
		return 0, notANumber(t, v)
	}
	return n, ""
}

func numberAsInt(v any) (int64, bool) {
	switch x := v.(type) {
	case int:
		return int64(x), true
	case int64:
		return x, true
	case json.Number:
		text := []byte(x)
		if wire.Valid(text) != nil || !wire.IsNumber(text) {
			return 0, false
		}
		return wire.Int(text)
	}
	switch rv := reflect.ValueOf(v); {
	case rv.CanInt():
		return rv.Int(), true
	case rv.CanUint():
		return int64(rv.Uint()), rv.Uint() <= math.MaxInt64
	case rv.CanFloat():
		return wholeFloat(rv.Float())
	case rv.Kind() == reflect.Bool:
		return int64(boolNumber(rv.Bool())), true
	}
	return 0, false
}

// wholeFloat converts a float without a fraction. 2^63 itself does not fit.
func wholeFloat(f float64) (int64, bool) {
	return int64(f), f == math.Trunc(f) && f >= math.MinInt64 && f < math.MaxInt64
}

// describe returns a value for an error message, shortened if it is long.
func describe(v any) string {
	var s string
	switch x := v.(type) {
	case nil:
		return "null"
	case string:
		s = strconv.Quote(x)
	case json.Number:
		s = string(x)
	default:
		s = fmt.Sprint(v)
	}
	if len(s) > 60 {
		s = strings.ToValidUTF8(s[:60], "") + "…"
	}
	return s
}
