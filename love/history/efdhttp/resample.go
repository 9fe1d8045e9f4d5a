package efdhttp

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// The rules of pandas for bins of a fixed width, in today's spelling and in that before
// its version 3.
var units = map[string]time.Duration{
	"ns": time.Nanosecond, "N": time.Nanosecond,
	"us": time.Microsecond, "U": time.Microsecond,
	"ms": time.Millisecond, "L": time.Millisecond,
	"s": time.Second, "S": time.Second,
	"min": time.Minute, "Min": time.Minute, "T": time.Minute,
	"h": time.Hour, "H": time.Hour,
	"D": 24 * time.Hour, "d": 24 * time.Hour,
}

// rulePart is a number, 1 if there is none, and a unit.
var rulePart = regexp.MustCompile(`^\s*(\d+(?:\.\d*)?|\.\d+)?\s*([A-Za-z]+)\s*`)

// parseRule returns the width of the bins of a rule: "1min", "30s", "1h30min".
func parseRule(rule string) (time.Duration, error) {
	wrong := fmt.Errorf(`"resample": %q is not the width of bins: give one such as "30s", "1min", "1h" or "1D"`, excerpt(rule))
	var width float64
	for rest := rule; rest != ""; {
		part := rulePart.FindStringSubmatch(rest)
		if part == nil {
			return 0, wrong
		}
		unit, ok := units[part[2]]
		if !ok {
			return 0, wrong
		}
		n := 1.0
		if part[1] != "" {
			var err error
			if n, err = strconv.ParseFloat(part[1], 64); err != nil {
				return 0, wrong
			}
		}
		width += n * float64(unit)
		rest = strings.TrimPrefix(rest, part[0])
	}
	if !(width >= 1 && width <= float64(maxWindow)) {
		return 0, wrong
	}
	return time.Duration(width), nil
}
