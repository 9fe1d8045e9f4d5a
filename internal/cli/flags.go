package cli

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"
)

// envAnnotation marks a flag with the environment variables that can set it.
const envAnnotation = "loved/env"

// bindEnv lets environment variables set a flag that is not given;
// the first one that is set and not empty counts. The help shows their names.
func bindEnv(fs *pflag.FlagSet, flag string, variables ...string) {
	f := fs.Lookup(flag)
	f.Usage += " [$" + strings.Join(variables, ", $") + "]"
	if f.Annotations == nil {
		f.Annotations = map[string][]string{}
	}
	f.Annotations[envAnnotation] = variables
}

// choice is a flag that takes one of a few words.
type choice struct {
	value   string
	choices []string
}

// oneOf is a choice whose default is the first of the words.
func oneOf(choices ...string) *choice { return &choice{choices[0], choices} }

func (c *choice) String() string { return c.value }
func (c *choice) Type() string   { return strings.Join(c.choices, "|") }

func (c *choice) Set(s string) error {
	for _, word := range c.choices {
		if s == word {
			c.value = s
			return nil
		}
	}
	return fmt.Errorf("%q is not one of %s", s, strings.Join(c.choices, ", "))
}

// secondsFlag is a flag for a duration, which can also be a number of seconds
// as in the Python system.
type secondsFlag time.Duration

func (s *secondsFlag) String() string { return formatDuration(time.Duration(*s)) }

func (s *secondsFlag) Type() string { return "seconds" }

func (s *secondsFlag) Set(text string) error {
	d, err := parseDuration(text)
	if number, e := strconv.ParseFloat(text, 64); e == nil && number < 1e9 {
		d, err = time.Duration(number*float64(time.Second)), nil
	}
	if err != nil || d <= 0 {
		return fmt.Errorf("%q is not a time above 0: give seconds, or a time such as 1m30s", text)
	}
	*s = secondsFlag(d)
	return nil
}

// timeFlag is a flag for a time, which can also be given as an age. One without a zone is
// in UTC.
type timeFlag struct{ time.Time }

func (m *timeFlag) Type() string { return "time" }

func (m *timeFlag) String() string {
	if m.IsZero() {
		return ""
	}
	return m.Format(time.RFC3339)
}

func (m *timeFlag) Set(text string) error {
	if ago, err := parseDuration(text); err == nil && ago >= 0 {
		m.Time = time.Now().Add(-ago)
		return nil
	}
	for _, layout := range []string{time.RFC3339Nano, time.DateOnly, "2006-01-02T15:04:05", "2006-01-02T15:04"} {
		if t, err := time.Parse(layout, text); err == nil {
			m.Time = t
			return nil
		}
	}
	return errors.New("give a time such as 2026-03-14T01:59:26Z, a date, or how long ago: 2h or 30m")
}
