package cli

import (
	"fmt"
	"slices"
	"time"

	"github.com/rubin-love/love-go/internal/machine"
)

// resources are what the machine allows this process to use. A number that is not
// known is 0.
type resources struct {
	descriptors int
	memory      int64  // bytes
	limitedBy   string // what limits the memory, in words
}

// ownResources returns the resources of this process.
func ownResources() (r resources) {
	r.descriptors, _ = machine.Descriptors()
	r.memory, r.limitedBy, _ = machine.Memory()
	return r
}

// more is the advice on how to let a process open more files.
const more = "raise the limit (ulimit -n, or LimitNOFILE= of a systemd service)"

// checkServer refuses to run a server, in words, with too few file descriptors.
func (r resources) checkServer(what string) error {
	if r.descriptors > 0 && r.descriptors < machine.MinDescriptors {
		return fmt.Errorf("this process may open only %d files, and a %s needs %d or more: %s", r.descriptors, what, machine.MinDescriptors, more)
	}
	return nil
}

// fit refuses limits that were given and are beyond what the machine has.
func (f *limitFlags) fit(r resources) error {
	if err := r.checkServer("manager"); err != nil {
		return err
	}
	for _, field := range f.fields() {
		if field.isSize() && field.isGiven() && r.memory > 0 && int64(*field.value) > r.memory {
			return fmt.Errorf("%s is %v, beyond %s (%d MiB): give less", field.flag(), field, r.limitedBy, r.memory>>20)
		}
	}
	return nil
}

// contradictions refuses limits that were both given and of which the outer one is
// reached first. The defaults fit what is given.
func (f *limitFlags) contradictions() error {
	byName := map[string]limitField{}
	for _, field := range f.fields() {
		byName[field.name] = field
	}
	for _, c := range []struct{ inner, outer, effect string }{
		{"backlog-bytes", "queue-bytes", "slow clients would be closed before their telemetry is thinned out"},
		{"user-message", "process-message", "users could send more than processes"},
		{"last-bytes", "queue-bytes", "a snapshot of everything would be more than may wait for the client that asks for it"},
		{"last-bytes", "user-queue-bytes", "a snapshot of everything would not fit"},
		{"last-bytes", "all-queue-bytes", "a snapshot of everything would not fit"},
		{"backlog-bytes", "user-queue-bytes", "slow clients would be closed before their telemetry is thinned out"},
		{"backlog-bytes", "all-queue-bytes", "slow clients would be closed before their telemetry is thinned out"},
		{"user-sessions", "sessions", "the limit of one user would never be reached"},
		{"request-rate", "user-request-rate", "the limit of one client would never be reached"},
		{"user-subscription-bytes", "subscription-bytes", "the limit of one user would never be reached"},
		{"user-queue-bytes", "all-queue-bytes", "the limit of one user would never be reached"},
		{"queue-bytes", "user-queue-bytes", "the limit of one client would never be reached"},
		{"queue-bytes", "all-queue-bytes", "the limit of one client would never be reached"},
	} {
		inner, outer := byName[c.inner], byName[c.outer]
		if inner.isGiven() && outer.isGiven() && *inner.value > *outer.value {
			return fmt.Errorf("%s (%v) is above %s (%v), so that %s: lower the one, or raise the other", inner.flag(), inner, outer.flag(), outer, c.effect)
		}
	}
	return nil
}

// warnings returns what is probably a mistake in the limits, a sentence each.
func (f *limitFlags) warnings(r resources) (list []string) {
	warn := func(format string, args ...any) { list = append(list, fmt.Sprintf(format, args...)) }
	for _, field := range f.zero {
		warn("%s is 0, which means its default %v: give a number, or leave it out", field.flag(), field)
	}
	byName := map[string]limitField{}
	for _, field := range f.fields() {
		byName[field.name] = field
		if field.isFitted() && !field.isGiven() {
			continue
		}
		if field.isSize() && r.memory > 0 && int64(*field.value) > r.memory/2 {
			warn("%s is %v, more than half of %s (%d MiB): give less, or more memory", field.flag(), field, r.limitedBy, r.memory>>20)
		}
	}
	for _, name := range []string{"user-message", "process-message"} {
		message, queue := byName[name], byName["queue-bytes"]
		if *message.value > *queue.value && (message.isGiven() || queue.isGiven()) {
			warn("%s (%v) is above %s (%v), so that one message may close a client that was only a little behind: lower the one, or raise the other", message.flag(), message, queue.flag(), queue)
		}
	}
	if sessions := byName["sessions"]; r.descriptors > 0 && sessions.isGiven() {
		if room := machine.Share(r.descriptors).Sockets; *sessions.value > room {
			warn("--limit-sessions is %v, but with %d file descriptors there is room for %d clients only: %s, or give less", sessions, r.descriptors, room, more)
		}
	}
	return list
}

// sessions returns how many clients there can be.
func (f *limitFlags) sessions(r resources) int {
	if r.descriptors == 0 {
		return f.limits.Sessions
	}
	return min(f.limits.Sessions, machine.Share(r.descriptors).Sockets)
}

// maxPing is the longest interval between pings that is not probably a mistake:
// usual proxies close a connection that is silent for longer.
const maxPing = time.Minute

// warnings returns what is probably a mistake in the settings, a sentence each.
func (f *managerFlags) warnings(r resources) []string {
	list := slices.Concat(f.limits.warnings(r), f.services.warnings(), f.archive.warnings())
	if f.ping > maxPing {
		list = append(list, fmt.Sprintf("--ping is %v: proxies close connections that are silent for longer than %v, and clients that have vanished keep their place as long; give less", f.ping, maxPing))
	}
	return list
}
