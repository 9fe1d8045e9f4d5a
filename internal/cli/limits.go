package cli

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"github.com/rubin-love/love-go/love/hub"
)

// defaultLogInTries is how many wrong log-ins of one user are allowed in a row.
const defaultLogInTries = 10

// limitFlags bound how much a manager keeps for its clients, and how often they
// can try to log in.
type limitFlags struct {
	limits     hub.Limits
	logInTries int
}

// limitField is a limit that has a flag.
type limitField struct {
	name  string
	value *int
	def   int // the default, shown in the help
	usage string
}

// fields returns the limits that have a flag, in the help's order.
func (f *limitFlags) fields() []limitField {
	l, d := &f.limits, hub.DefaultLimits()
	return []limitField{
		{"user-message", &l.UserMessage, d.UserMessage, "`BYTES` of one message of a user"},
		{"process-message", &l.ProcessMessage, d.ProcessMessage, "`BYTES` of one message of a process"},
		{"backlog-bytes", &l.BacklogBytes, d.BacklogBytes, "`BYTES` that may wait for a client before its telemetry is thinned out"},
		{"queue-bytes", &l.QueueBytes, d.QueueBytes, "`BYTES` of events that may wait for a client before it is closed"},
		{"subscriptions", &l.Subscriptions, d.Subscriptions, "`NUMBER` of groups that one client may be in"},
		{"sessions", &l.Sessions, d.Sessions, "`NUMBER` of clients"},
		{"user-sessions", &l.UserSessions, d.UserSessions, "`NUMBER` of clients of one user"},
		{"log-in-tries", &f.logInTries, defaultLogInTries, "`NUMBER` of wrong log-ins of one user, then one every 10 s; of one address five times as many"},
		{"last-bytes", &l.LastBytes, d.LastBytes, "`BYTES` of last values, for snapshots"},
	}
}

func (f *limitFlags) register(fs *pflag.FlagSet) {
	for _, field := range f.fields() {
		flag := "limit-" + field.name
		fs.IntVar(field.value, flag, field.def, field.usage)
		fs.Lookup(flag).DefValue = humanSize(field.def)
		bindEnv(fs, flag, "LOVED_"+strings.ToUpper(strings.ReplaceAll(flag, "-", "_")))
	}
}

// humanSize returns a number, or a number of bytes, for the help.
func humanSize(n int) string {
	switch {
	case n >= 1<<20 && n%(1<<20) == 0:
		return fmt.Sprintf("%d MiB", n>>20)
	case n >= 1<<10 && n%(1<<10) == 0:
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return strconv.Itoa(n)
}

// check refuses negative limits. A limit of 0 is the default.
func (f *limitFlags) check() error {
	for _, field := range f.fields() {
		switch {
		case *field.value < 0:
			return fmt.Errorf("--limit-%s is %d: give a number above 0, or 0 for the default", field.name, *field.value)
		case *field.value == 0:
			*field.value = field.def
		}
	}
	return nil
}
