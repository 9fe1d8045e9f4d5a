package cli

import (
	"io"
	"log/slog"
	"strconv"

	"github.com/spf13/pflag"

	"github.com/rubin-love/love-go/internal/loglimit"
	"github.com/rubin-love/love-go/internal/mask"
	"github.com/rubin-love/love-go/love/audit"
)

// logFlags are what is logged, and in which format.
type logFlags struct {
	level  logLevel
	format *choice
	limit  int // lines with the same message per second; 0 for no limit
}

// defaultLogLimit is how many lines with the same message are logged per second.
const defaultLogLimit = 10

func (l *logFlags) register(fs *pflag.FlagSet, level slog.Level) {
	l.level, l.format = logLevel(level), oneOf("text", "json")
	fs.Var(&l.level, "log-level", "lowest `LEVEL` to log: debug, info, warn, error, or a Python number (10, 20 …)")
	fs.Var(l.format, "log-format", "how log lines are written")
	bindEnv(fs, "log-level", "LOVED_LOG_LEVEL")
	bindEnv(fs, "log-format", "LOVED_LOG_FORMAT")
}

// registerLimit registers the flag of programs that run for long, whose logs are limited.
func (l *logFlags) registerLimit(fs *pflag.FlagSet) {
	fs.IntVar(&l.limit, "log-limit", defaultLogLimit, "`LINES` with the same message that are logged per second, and ten times as many at once; how many are held back is logged. 0: no limit")
	bindEnv(fs, "log-limit", "LOVED_LOG_LIMIT")
}

// limited returns the log of a program that runs for long; flush says at its end what was
// held back.
func (l *logFlags) limited(w io.Writer) (log *slog.Logger, flush func(), err error) {
	log = l.logger(w)
	switch {
	case l.limit < 0:
		return nil, nil, usagef("--log-limit is %d: give a number above 0, or 0 for no limit", l.limit)
	case l.limit == 0:
		return log, func() {}, nil
	}
	rate := float64(l.limit)
	h := loglimit.New(log.Handler(), loglimit.Rate{PerSecond: rate, Burst: 10 * rate}, audit.LogMessage)
	return slog.New(h), h.Flush, nil
}

func (l *logFlags) logger(w io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{Level: slog.Level(l.level), ReplaceAttr: maskAttr}
	if l.format.value == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

// maskAttr hides the secrets of URLs that errors of libraries repeat.
func maskAttr(_ []string, a slog.Attr) slog.Attr {
	switch a.Value.Kind() {
	case slog.KindString:
		a.Value = slog.StringValue(mask.Text(a.Value.String()))
	case slog.KindAny:
		if err, ok := a.Value.Any().(error); ok {
			a.Value = slog.StringValue(mask.Text(err.Error()))
		}
	}
	return a
}

// logLevel is a slog level that can be given as a number of Python's logging
// too, where 10 is debug, 20 info, 30 warning, 40 error.
type logLevel slog.Level

func (l *logLevel) String() string { return slog.Level(*l).String() }
func (l *logLevel) Type() string   { return "level" }

func (l *logLevel) Set(s string) error {
	if n, err := strconv.Atoi(s); err == nil {
		*l = logLevel((n - 20) * 4 / 10)
		return nil
	}
	return (*slog.Level)(l).UnmarshalText([]byte(s))
}
