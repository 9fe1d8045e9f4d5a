package scriptconfig

import (
	"encoding/json"
	"math"
	"math/big"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// The forms of plain scalars, from the type repository of YAML 1.1. A float needs its
// point, and its exponent a sign.
var (
	nullForm  = regexp.MustCompile(`^(~|null|Null|NULL|)$`)
	trueForm  = regexp.MustCompile(`^(yes|Yes|YES|true|True|TRUE|on|On|ON)$`)
	falseForm = regexp.MustCompile(`^(no|No|NO|false|False|FALSE|off|Off|OFF)$`)
	intForm   = regexp.MustCompile(`^[-+]?(0b[01_]+|0[0-7_]+|0|[1-9][0-9_]*|0x[0-9a-fA-F_]+|[1-9][0-9_]*(:[0-5]?[0-9])+)$`)
	floatForm = regexp.MustCompile(`^[-+]?([0-9][0-9_]*\.[0-9_]*([eE][-+][0-9]+)?|\.[0-9][0-9_]*([eE][-+][0-9]+)?|[0-9][0-9_]*(:[0-5]?[0-9])+\.[0-9_]*)$`)
	notFinite = regexp.MustCompile(`^([-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))$`)
)

// maxDigits is how long the text of a number may be, in bytes.
const maxDigits = 1000

// scalar makes a value of a scalar. Dates stay texts.
func (b *builder) scalar(n *yaml.Node) (any, error) {
	plain := n.Style&^yaml.TaggedStyle == 0
	tag := tagOf(n, "")
	switch {
	case tag == "!!str", tag == "" && !plain:
		return n.Value, nil
	case tag == "":
		tag = plainTag(n.Value)
	}
	var v any
	ok := true
	switch tag {
	case "!!str":
		v = n.Value
	case "!!null":
	case "!!bool":
		v, ok = trueForm.MatchString(n.Value), trueForm.MatchString(n.Value) || falseForm.MatchString(n.Value)
	case "!!int":
		v, ok = integer(n.Value)
	case "!!float":
		if notFinite.MatchString(n.Value) {
			return nil, b.fail(n, "%s has no counterpart in JSON", n.Value)
		}
		v, ok = float(n.Value)
	default:
		return nil, b.unknownTag(n)
	}
	if !ok {
		return nil, b.fail(n, "%q is not of the type %s", n.Value, tag)
	}
	return v, nil
}

// plainTag returns the type of a scalar without quotes and tag.
func plainTag(text string) string {
	switch {
	case len(text) > maxDigits:
		return "!!str"
	case nullForm.MatchString(text):
		return "!!null"
	case trueForm.MatchString(text), falseForm.MatchString(text):
		return "!!bool"
	case intForm.MatchString(text):
		return "!!int"
	case floatForm.MatchString(text), notFinite.MatchString(text):
		return "!!float"
	}
	return "!!str"
}

// integer parses an integer: binary, octal, decimal, hexadecimal or to the base 60.
func integer(text string) (json.Number, bool) {
	if len(text) > maxDigits || !intForm.MatchString(text) {
		return "", false
	}
	sign, digits := splitSign(strings.ReplaceAll(text, "_", ""))
	n := new(big.Int)
	ok := true
	switch {
	case strings.HasPrefix(digits, "0b"):
		_, ok = n.SetString(digits[2:], 2)
	case strings.HasPrefix(digits, "0x"):
		_, ok = n.SetString(digits[2:], 16)
	case strings.Contains(digits, ":"):
		for part := range strings.SplitSeq(digits, ":") {
			d, _ := new(big.Int).SetString(part, 10)
			n.Add(n.Mul(n, big.NewInt(60)), d)
		}
	case len(digits) > 1 && digits[0] == '0':
		_, ok = n.SetString(digits[1:], 8)
	default:
		_, ok = n.SetString(digits, 10)
	}
	if sign < 0 {
		n.Neg(n)
	}
	return json.Number(n.String()), ok
}

// float parses a float, perhaps to the base 60. One beyond float64 is not one.
func float(text string) (json.Number, bool) {
	if len(text) > maxDigits || !floatForm.MatchString(text) {
		n, isInteger := integer(text)
		if !isInteger {
			return "", false
		}
		text = n.String()
	}
	sign, digits := splitSign(strings.ReplaceAll(text, "_", ""))
	f := 0.0
	for part := range strings.SplitSeq(digits, ":") {
		d, err := strconv.ParseFloat(part, 64)
		if err != nil {
			return "", false
		}
		f = 60*f + d
	}
	if math.IsInf(f, 0) {
		return "", false
	}
	shortest := strconv.FormatFloat(sign*f, 'g', -1, 64)
	if !strings.ContainsAny(shortest, ".e") {
		shortest += ".0"
	}
	return json.Number(shortest), true
}

func splitSign(text string) (sign float64, digits string) {
	switch text[0] {
	case '-':
		return -1, text[1:]
	case '+':
		return 1, text[1:]
	}
	return 1, text
}
