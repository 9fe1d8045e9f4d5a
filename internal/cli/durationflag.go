package cli

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"
)

// durationFlag is a flag for a time span, which can also be given in days.
type durationFlag struct{ value *time.Duration }

// durationVar registers a flag for a time span.
func durationVar(fs *pflag.FlagSet, p *time.Duration, name string, value time.Duration, usage string) {
	*p = value
	fs.Var(durationFlag{p}, name, usage)
	if value == 0 {
		fs.Lookup(name).DefValue = "" // the help does not show it
	}
}

func (d durationFlag) Type() string   { return "duration" }
func (d durationFlag) String() string { return formatDuration(*d.value) }

func (d durationFlag) Set(text string) error {
	value, err := parseDuration(text)
	if err == nil {
		*d.value = value
	}
	return err
}

const day = 24 * time.Hour

// maxDays is the largest number of days that a time span can hold.
const maxDays = 1 << 16

// parseDuration reads a time span such as 30d, 12h or 1m30s, or a part in days and the
// rest, such as 1d12h.
func parseDuration(text string) (time.Duration, error) {
	rest, days := text, 0
	if number, after, found := strings.Cut(text, "d"); found {
		n, err := strconv.Atoi(number)
		if err != nil || n < 0 || n > maxDays {
			return 0, notADuration(text)
		}
		rest, days = after, n
	}
	total := time.Duration(days) * day
	if rest != "" || days == 0 && rest == text {
		d, err := time.ParseDuration(rest)
		if err != nil {
			return 0, notADuration(text)
		}
		total += d
	}
	return total, nil
}

func notADuration(text string) error {
	return fmt.Errorf("%q is not a time such as 30d, 12h, 1m30s or 500ms", text)
}

// formatDuration returns a time span as people write it: 730d rather than 17520h0m0s.
func formatDuration(d time.Duration) string {
	if d > 0 && d%day == 0 {
		return strconv.FormatInt(int64(d/day), 10) + "d"
	}
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}
