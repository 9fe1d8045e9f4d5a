package scriptconfig

import (
	"cmp"
	"fmt"
	"math/big"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

// explain returns what is most wrong with a configuration: the error that is highest up,
// in the words that the script itself would use.
func explain(wrong *jsonschema.ValidationError, config, schema any) *InvalidError {
	all := leaves(wrong)
	if len(all) == 0 {
		all = append(all, wrong)
	}
	slices.SortFunc(all, func(a, b *jsonschema.ValidationError) int {
		return cmp.Or(
			cmp.Compare(len(a.InstanceLocation), len(b.InstanceLocation)),
			cmp.Compare(vagueness(a), vagueness(b)),
			slices.Compare(a.InstanceLocation, b.InstanceLocation),
			slices.Compare(keywordPath(a), keywordPath(b)),
		)
	})
	worst := all[0]
	value, path := walk(config, worst.InstanceLocation)
	_, schemaPath := walk(schema, keywordPath(worst))
	return &InvalidError{sentence(worst.ErrorKind, value), path, schemaPath}
}

// leaves returns the errors without those that only group others.
func leaves(e *jsonschema.ValidationError) (all []*jsonschema.ValidationError) {
	switch e.ErrorKind.(type) {
	case *kind.Schema, *kind.Group, *kind.Reference, *kind.AllOf:
		for _, cause := range e.Causes {
			all = append(all, leaves(cause)...)
		}
		return all
	}
	return []*jsonschema.ValidationError{e}
}

// vagueness is 1 for errors that say little about what is wrong.
func vagueness(e *jsonschema.ValidationError) int {
	switch e.ErrorKind.(type) {
	case *kind.AnyOf, *kind.OneOf:
		return 1
	}
	return 0
}

// keywordPath returns the place of the keyword in the schema: properties, a, type.
func keywordPath(e *jsonschema.ValidationError) (path []string) {
	_, fragment, _ := strings.Cut(e.SchemaURL, "#")
	at, err := url.PathUnescape(fragment)
	if err != nil {
		at = fragment
	}
	if at = strings.TrimPrefix(at, "/"); at != "" {
		path = strings.Split(at, "/")
	}
	for i, part := range path {
		path[i] = strings.NewReplacer("~1", "/", "~0", "~").Replace(part)
	}
	return append(path, e.ErrorKind.KeywordPath()...)
}

// walk follows a path into a value, and returns what is there and the path with numbers
// as numbers.
func walk(v any, path []string) (at any, typed []any) {
	typed = []any{}
	for _, part := range path {
		switch in := v.(type) {
		case []any:
			i, err := strconv.Atoi(part)
			if err != nil || i < 0 || i >= len(in) {
				return nil, append(typed, part)
			}
			v = in[i]
			typed = append(typed, i)
		case map[string]any:
			v = in[part]
			typed = append(typed, part)
		default:
			v = nil
			typed = append(typed, part)
		}
	}
	return v, typed
}

// sentence says what is wrong with a value.
func sentence(why jsonschema.ErrorKind, value any) string {
	v := repr(value)
	switch k := why.(type) {
	case *kind.Type:
		return v + " is not of type " + quoted(k.Want)
	case *kind.Required:
		return quoted(k.Missing[:1]) + " is a required property"
	case *kind.AdditionalProperties:
		slices.Sort(k.Properties)
		verb := " was unexpected)"
		if len(k.Properties) > 1 {
			verb = " were unexpected)"
		}
		return "Additional properties are not allowed (" + shorten(quoted(k.Properties)) + verb
	case *kind.Enum:
		return v + " is not one of " + repr(k.Want)
	case *kind.Const:
		return repr(k.Want) + " was expected"
	case *kind.AnyOf:
		return v + " is not valid under any of the given schemas"
	case *kind.OneOf:
		if len(k.Subschemas) == 0 {
			return v + " is not valid under any of the given schemas"
		}
		return v + " is valid under more than one of the given schemas"
	case *kind.Pattern:
		return v + " does not match " + repr(k.Want)
	case *kind.UniqueItems:
		return v + " has non-unique elements"
	case *kind.MinLength, *kind.MinItems:
		return v + " is too short"
	case *kind.MaxLength, *kind.MaxItems:
		return v + " is too long"
	}
	return bound(why, v)
}

// bound says which bound a number is beyond, or what the validator has to say.
func bound(why jsonschema.ErrorKind, v string) string {
	switch k := why.(type) {
	case *kind.Minimum:
		return v + " is less than the minimum of " + number(k.Want)
	case *kind.Maximum:
		return v + " is greater than the maximum of " + number(k.Want)
	case *kind.ExclusiveMinimum:
		return v + " is less than or equal to the minimum of " + number(k.Want)
	case *kind.ExclusiveMaximum:
		return v + " is greater than or equal to the maximum of " + number(k.Want)
	case *kind.MultipleOf:
		return v + " is not a multiple of " + number(k.Want)
	}
	return fmt.Sprintf("%s: %s", v, why.LocalizedString(message.NewPrinter(language.English)))
}

func number(r *big.Rat) string {
	if r.IsInt() {
		return r.Num().String()
	}
	f, _ := r.Float64()
	return strconv.FormatFloat(f, 'g', -1, 64)
}
