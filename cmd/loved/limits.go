package main

import (
	"fmt"
	"strings"

	"github.com/spf13/pflag"

	"github.com/rubin-love/love-go/love/hub"
)

// limitFlags bound how much clients can make a manager keep, and how often they
// can try to log in.
type limitFlags struct {
	limits     hub.Limits
	logInTries int
}

// fields are the limits that have a flag, with their names in the help's order.
func (f *limitFlags) fields() []limitField {
	l := &f.limits
	return []limitField{
		{"user-message", &l.UserMessage, "`BYTES` of one message of a user (default 64 KiB)"},
		{"process-message", &l.ProcessMessage, "`BYTES` of one message of a process (default 16 MiB)"},
		{"backlog-bytes", &l.BacklogBytes, "`BYTES` that may wait for a client before its telemetry is thinned out (default 4 MiB)"},
		{"queue-bytes", &l.QueueBytes, "`BYTES` of events that may wait for a client before it is closed (default 32 MiB)"},
		{"subscriptions", &l.Subscriptions, "`NUMBER` of groups that one client may be in (default 10000)"},
		{"sessions", &l.Sessions, "`NUMBER` of clients (default 20000)"},
		{"user-sessions", &l.UserSessions, "`NUMBER` of clients of one user (default 1000)"},
		{"log-in-tries", &f.logInTries, "`NUMBER` of wrong log-ins of one user, then one every 10 s; of one address five times as many (default 10)"},
		{"last-bytes", &l.LastBytes, "`BYTES` of last values, for snapshots (default 64 MiB)"},
	}
}

type limitField struct {
	name  string
	value *int
	usage string
}

func (f *limitFlags) register(fs *pflag.FlagSet) {
	for _, field := range f.fields() {
		flag := "limit-" + field.name
		fs.IntVar(field.value, flag, 0, field.usage)
		bindEnv(fs, flag, "LOVED_"+strings.ToUpper(strings.ReplaceAll(flag, "-", "_")))
	}
}

// check refuses limits that would let nothing through.
func (f *limitFlags) check() error {
	for _, field := range f.fields() {
		if *field.value < 0 {
			return fmt.Errorf("--limit-%s is %d: give a number above 0, or 0 for the default", field.name, *field.value)
		}
	}
	return nil
}
