package cli

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"github.com/rubin-love/love-go/love/hub"
	"github.com/rubin-love/love-go/love/server"
)

// defaultLogInTries is how many wrong log-ins of one user are allowed in a row.
const defaultLogInTries = 10

// limitFlags bound how much a manager keeps for its clients, and how often they
// can try to log in.
type limitFlags struct {
	limits             hub.Limits
	logInTries         int
	addressConnections int
	zero               []limitField // those that were given as 0
}

// limitField is a limit that has a flag.
type limitField struct {
	name  string
	value *int
	def   int // the default, shown in the help
	usage string
}

// flag returns the name of the flag, with its hyphens.
func (f limitField) flag() string { return "--limit-" + f.name }

// isSize reports whether the limit is a number of bytes.
func (f limitField) isSize() bool { return strings.HasPrefix(f.usage, "`BYTES`") }

// isFitted reports whether the hub makes the default fit the memory.
func (f limitField) isFitted() bool {
	switch f.name {
	case "user-subscription-bytes", "subscription-bytes", "user-queue-bytes", "all-queue-bytes":
		return true
	}
	return false
}

// isGiven reports whether another value than the default was given.
func (f limitField) isGiven() bool { return *f.value != f.def }

func (f limitField) String() string { return f.format(*f.value) }

func (f limitField) format(n int) string {
	if f.isSize() {
		return humanSize(n)
	}
	return strconv.Itoa(n)
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
		{"sessions", &l.Sessions, d.Sessions, "`NUMBER` of clients; never more than the file descriptors allow"},
		{"user-sessions", &l.UserSessions, d.UserSessions, "`NUMBER` of clients of one user"},
		{"log-in-tries", &f.logInTries, defaultLogInTries, "`NUMBER` of wrong log-ins of one user, then one every 10 s; of one address five times as many"},
		{"address-connections", &f.addressConnections, server.DefaultMaxConnectionsPerAddress, "`NUMBER` of HTTP connections of one address; websockets and those of --trusted-proxies do not count"},
		{"last-bytes", &l.LastBytes, d.LastBytes, "`BYTES` of last values, for snapshots"},
		{"streams", &l.Streams, d.Streams, "`NUMBER` of streams whose order and last value is known"},
		{"request-rate", &l.RequestRate, d.RequestRate, "`NUMBER` of requests per second of one client of a user, and 20 times as many at once"},
		{"user-request-rate", &l.UserRequestRate, d.UserRequestRate, "`NUMBER` of requests per second of all clients of one user, likewise"},
		{"user-subscription-bytes", &l.UserSubscriptionBytes, d.UserSubscriptionBytes, "`BYTES` of the subscriptions of one user, or an eighth of the memory"},
		{"subscription-bytes", &l.SubscriptionBytes, d.SubscriptionBytes, "`BYTES` of all subscriptions, or a quarter of the memory"},
		{"user-queue-bytes", &l.UserQueueBytes, d.UserQueueBytes, "`BYTES` that may wait for all clients of one user, or an eighth of the memory"},
		{"all-queue-bytes", &l.AllQueueBytes, d.AllQueueBytes, "`BYTES` that may wait for all clients, or a quarter of the memory"},
	}
}

func (f *limitFlags) register(fs *pflag.FlagSet) {
	for _, field := range f.fields() {
		flag := "limit-" + field.name
		*field.value = field.def
		fs.Var(&limitFlag{field}, flag, field.usage)
		fs.Lookup(flag).DefValue = humanSize(field.def)
		bindEnv(fs, flag, "LOVED_"+strings.ToUpper(strings.ReplaceAll(flag, "-", "_")))
	}
}

// limitFlag is the value of a limit's flag: a whole number, and for a size also
// one with a unit as in the help, such as 4 MiB.
type limitFlag struct{ limitField }

func (f *limitFlag) Type() string { return "int" }

func (f *limitFlag) Set(text string) error {
	n, err := strconv.Atoi(text)
	ok := err == nil
	if f.isSize() {
		n, ok = parseSize(text)
	}
	if !ok {
		example := strconv.Itoa(f.def)
		if f.isSize() {
			example += " or " + humanSize(f.def)
		}
		return fmt.Errorf("%q is not a number such as %s, or 0 for the default", text, example)
	}
	*f.value = n
	return nil
}

// parseSize parses a number of bytes, which may have a unit: 4 MiB.
func parseSize(text string) (bytes int, ok bool) {
	number, unit := text, 1
	for suffix, size := range map[string]int{"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30} {
		if rest, is := strings.CutSuffix(text, suffix); is {
			number, unit = strings.TrimSpace(rest), size
		}
	}
	n, err := strconv.Atoi(number)
	return n * unit, err == nil && n*unit/unit == n
}

// humanSize returns a number, or a number of bytes, for the help.
func humanSize(n int) string {
	switch {
	case n >= 1<<30 && n%(1<<30) == 0:
		return fmt.Sprintf("%d GiB", n>>30)
	case n >= 1<<20 && n%(1<<20) == 0:
		return fmt.Sprintf("%d MiB", n>>20)
	case n >= 1<<10 && n%(1<<10) == 0:
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return strconv.Itoa(n)
}

// minMessage is the size of the least message limit with which a client can
// subscribe, in bytes.
const minMessage = 1 << 10

// maxLogInTries is the largest number of tries that makes sense; a larger one
// does not stop anybody from guessing passwords.
const maxLogInTries = 1_000_000

// check refuses limits with which a manager cannot work. A limit of 0 is the
// default.
func (f *limitFlags) check() error {
	f.zero = nil
	for _, field := range f.fields() {
		switch {
		case *field.value < 0:
			return fmt.Errorf("%s is %d: give a number above 0, or 0 for the default", field.flag(), *field.value)
		case *field.value == 0:
			*field.value = field.def
			f.zero = append(f.zero, field)
		case strings.HasSuffix(field.name, "-message") && *field.value < minMessage:
			return fmt.Errorf("%s is %v bytes, too little for a subscription: give %d or more", field.flag(), field, minMessage)
		}
	}
	if f.logInTries > maxLogInTries {
		return fmt.Errorf("--limit-log-in-tries is %d: give %d or less, otherwise passwords can be guessed", f.logInTries, maxLogInTries)
	}
	return f.contradictions()
}

// hub returns the limits for the hub, whose defaults fit those that were given.
func (f *limitFlags) hub() hub.Limits {
	given := *f
	for _, field := range given.fields() {
		if !field.isGiven() {
			*field.value = 0
		}
	}
	return given.limits.WithDefaults()
}
