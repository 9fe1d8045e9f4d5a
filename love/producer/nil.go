package producer

import "reflect"

// isNil reports whether v is nil, or a nil pointer, as what a constructor returns beside
// an error that was ignored.
func isNil(v any) bool {
	if v == nil {
		return true
	}
	r := reflect.ValueOf(v)
	return r.Kind() == reflect.Pointer && r.IsNil()
}
