package cli

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/rubin-love/love-go/internal/wire"
	"github.com/rubin-love/love-go/love"
)

// fieldValue is an argument FIELD=VALUE.
type fieldValue struct{ field, value string }

// fieldValues parses FIELD=VALUE arguments. What is not UTF-8 cannot be sent as
// it is.
func fieldValues(args []string) ([]fieldValue, error) {
	given := map[string]bool{}
	var all []fieldValue
	for _, arg := range args {
		field, value, ok := strings.Cut(arg, "=")
		switch {
		case !ok || field == "":
			return nil, fmt.Errorf("%q is not FIELD=VALUE", arg)
		case !utf8.ValidString(arg):
			return nil, fmt.Errorf("field %q: %q is not UTF-8", field, arg)
		case given[field]:
			return nil, fmt.Errorf("field %q is given twice", field)
		}
		given[field] = true
		all = append(all, fieldValue{field, value})
	}
	return all, nil
}

// isJSON reports whether the value is JSON that could be meant as such.
func (v fieldValue) isJSON() bool { return json.Valid([]byte(v.value)) }

// ambiguous reports whether the value is another one for a field of texts than for
// any other: subsystem=5.
func (v fieldValue) ambiguous() bool {
	return v.isJSON() && !wire.IsText([]byte(strings.TrimSpace(v.value)))
}

// paramsOf makes a JSON object of the parameters of a command. A value is JSON if it
// is valid as such, otherwise a text; for a field that isText names it is always a
// text.
func paramsOf(values []fieldValue, isText map[string]bool) json.RawMessage {
	params := []byte{'{'}
	for _, v := range values {
		params = wire.AppendKey(params, v.field)
		if v.isJSON() && !(isText[v.field] && v.ambiguous()) {
			params = append(params, v.value...)
		} else {
			params = love.AppendText(params, v.value)
		}
	}
	return append(params, '}')
}
