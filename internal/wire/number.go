package wire

import (
	"bytes"
	"strconv"
)

// Int returns the whole number that the scanned JSON number v is, exactly: "12",
// "12.0", "1.2e1". ok is false if v has a fraction or does not fit 64 bits.
func Int(v []byte) (n int64, ok bool) {
	if n, err := strconv.ParseInt(string(v), 10, 64); err == nil {
		return n, true
	}
	mantissa, exponent := v, 0
	if e := bytes.IndexAny(v, "eE"); e >= 0 {
		mantissa = v[:e]
		exponent, ok = exponentOf(v[e+1:])
		if !ok { // beyond all that may fit, unless the number is zero
			return 0, len(bytes.Trim(mantissa, "-0.")) == 0
		}
	}
	whole, fraction, _ := bytes.Cut(mantissa, []byte("."))
	negative := bytes.HasPrefix(whole, []byte("-"))
	digits := append(append(make([]byte, 0, len(v)), bytes.TrimLeft(whole, "-0")...), fraction...)
	digits = bytes.TrimLeft(digits, "0")
	significant := bytes.TrimRight(digits, "0")
	if len(significant) == 0 {
		return 0, true
	}
	zeros := len(digits) - len(significant) + exponent - len(fraction)
	const longest = 19 // digits of the largest number of 64 bits
	if zeros < 0 || len(significant)+zeros > longest {
		return 0, false
	}
	significant = append(significant, bytes.Repeat([]byte("0"), zeros)...)
	if negative {
		significant = append([]byte("-"), significant...)
	}
	n, err := strconv.ParseInt(string(significant), 10, 64)
	return n, err == nil
}

// exponentOf returns the exponent of a number; false if it has more digits than
// any number in memory could make up for.
func exponentOf(v []byte) (int, bool) {
	n, err := strconv.ParseInt(string(bytes.TrimPrefix(v, []byte("+"))), 10, 32)
	return int(n), err == nil
}
