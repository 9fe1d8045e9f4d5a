package sal

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
)

const maxIndex = math.MaxInt32

var nameSyntax = regexp.MustCompile(`^[A-Za-z_-][A-Za-z0-9_-]*$`)

// ParseName parses "name" or "name:index", as in "ATDome" and "MTHexapod:1"; the
// index defaults to 0 (docs/protocol/sal-kafka.md#names-and-indices). The error is
// [ErrName], or [ErrWildcard] for "name:*", for which the name is returned too.
// Unlike salobj, ParseName refuses a trailing line feed, digits of other scripts and
// an index beyond 32 bits.
func ParseName(s string) (name string, index int, err error) {
	name, digits, hasIndex := strings.Cut(s, ":")
	if !nameSyntax.MatchString(name) {
		return "", 0, nameError(s)
	}
	if !hasIndex {
		return name, 0, nil
	}
	if digits == "*" {
		return name, 0, fmt.Errorf("%q: %w; give a number, as in %q", s, ErrWildcard, name+":1")
	}
	if strings.Trim(digits, "0123456789") != "" || digits == "" {
		return "", 0, nameError(s)
	}
	n, err := strconv.ParseInt(digits, 10, 32)
	if err != nil {
		return "", 0, fmt.Errorf("%w: the index of %q is above %d", ErrName, s, maxIndex)
	}
	return name, int(n), nil
}

func nameError(s string) error {
	return fmt.Errorf(`%w: %q; give NAME or NAME:INDEX, as in "ATDome" or "MTHexapod:1"`, ErrName, s)
}
