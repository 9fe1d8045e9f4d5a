package lovetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rubin-love/love-go/love"
)

// waitTimeout is how long a test waits for what must come.
const waitTimeout = 10 * time.Second

// Inbox holds what has been received for a test, in order, until the test takes it.
// Taking one leaves all others, older ones too, for later calls. A [Manager] and a
// [Sender] are inboxes, and [Subscribe] returns one. It is safe for concurrent use.
//
// Groups are texts such as "telemetry-Rack-1-power"; each part may be "all".
type Inbox struct {
	// Timeout is how long Next and [Wait] wait before the test fails. Default: 10 s. In a
	// bubble of testing/synctest that is the bubble's time, so that a failure takes none,
	// but what comes later needs more.
	Timeout time.Duration

	t testing.TB

	mu       sync.Mutex
	changed  chan struct{} // closed when something has been added
	messages []love.Message
	streams  []entry
	ended    error // why nothing more will come; nil if more may
}

// Received is one stream of a message that was received. Its Decode reads the fields
// into a struct.
type Received struct {
	love.Stream
	Group   string       // of the stream: "telemetry-Rack-1-power"
	Time    time.Time    // when it was received
	Message love.Message // all of the message
}

// String returns the group and the value.
func (r Received) String() string { return r.Group + " " + string(r.Value) }

// errNoMatch is the reason why [Wait] leaves a stream whose fields it could decode.
var errNoMatch = errors.New("it does not match")

// entry is a stream in an inbox.
type entry struct {
	Received
	group love.Group
	via   string // the group that it was delivered to, in a subscription
	taken bool
}

// matches reports whether the stream is one of a group, of which each part may be "all".
func (e *entry) matches(g love.Group) bool {
	same := func(pattern, part string) bool { return pattern == part || pattern == love.All }
	return same(string(g.Category), string(e.group.Category)) && same(g.CSC, e.group.CSC) &&
		same(g.SalIndex, e.group.SalIndex) && same(g.Stream, e.group.Stream) || e.via == g.String()
}

func newInbox(t testing.TB) *Inbox {
	return &Inbox{Timeout: waitTimeout, t: t, changed: make(chan struct{})}
}

// inbox makes an Inbox, and what embeds one, a [Source].
func (x *Inbox) inbox() *Inbox { return x }

// add adds a message, which was delivered to a group if it is one of a subscription.
func (x *Inbox) add(msg love.Message, via string) {
	now := time.Now()
	x.mu.Lock()
	defer x.mu.Unlock()
	x.messages = append(x.messages, msg)
	for g, s := range msg.Streams() {
		x.streams = append(x.streams, entry{Received: Received{Stream: s, Group: g.String(), Time: now, Message: msg}, group: g, via: via})
	}
	x.wake()
}

// end notes why nothing more will come.
func (x *Inbox) end(err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.ended = err
	x.wake()
}

// wake wakes those who wait. The caller holds mu.
func (x *Inbox) wake() {
	close(x.changed)
	x.changed = make(chan struct{})
}

// Next takes the oldest stream of a group, and waits for it if there is none. If none
// comes in time, the test fails and shows what came instead.
func (x *Inbox) Next(group string) Received {
	x.t.Helper()
	got, why := x.wait(x.parse(group), func(Received) error { return nil })
	if why != "" {
		x.t.Fatalf("lovetest: nothing came for %s %s", group, why)
	}
	return got
}

// None requires that nothing of a group waits to be taken. It does not wait: first make
// sure that everything has arrived, in a bubble with synctest.Wait, else by taking
// something that was sent later.
func (x *Inbox) None(group string) {
	x.t.Helper()
	g := x.parse(group)
	x.mu.Lock()
	defer x.mu.Unlock()
	var found []entry
	for _, e := range x.streams {
		if !e.taken && e.matches(g) {
			found = append(found, e)
		}
	}
	if len(found) > 0 {
		x.t.Errorf("lovetest: nothing should have come for %s, but this did:%s", group, lines(found, nil))
	}
}

// Rest takes everything that is there, in order. It does not wait; see [Inbox.None].
func (x *Inbox) Rest() []Received {
	x.mu.Lock()
	defer x.mu.Unlock()
	var rest []Received
	for i := range x.streams {
		if e := &x.streams[i]; !e.taken {
			e.taken = true
			rest = append(rest, e.Received)
		}
	}
	return rest
}

// Messages returns all messages so far, in order, whether they were taken or not.
func (x *Inbox) Messages() []love.Message {
	x.mu.Lock()
	defer x.mu.Unlock()
	return slices.Clone(x.messages)
}

// Source is a [Manager], a [Sender] or an [Inbox].
type Source interface{ inbox() *Inbox }

// Wait takes the oldest stream of a group whose fields match, and waits for it if there
// is none. It returns the fields, as [love.Stream.Decode] decodes them into a T. If none
// comes in time, the test fails and shows what came instead, and why it could not be
// decoded, if so.
//
//	door := lovetest.Wait(manager, "event-Rack-1-door", func(d Door) bool { return d.Open })
func Wait[T any](from Source, group string, match func(fields T) bool) T {
	x := from.inbox()
	x.t.Helper()
	var found T
	_, why := x.wait(x.parse(group), func(r Received) error {
		var fields T
		if err := r.Decode(&fields); err != nil {
			return err
		}
		if !match(fields) {
			return errNoMatch
		}
		found = fields
		return nil
	})
	if why != "" {
		x.t.Fatalf("lovetest: nothing that matches came for %s %s", group, why)
	}
	return found
}

// wait takes the oldest stream of a group for which check returns nil. If there is none
// in time, why says so, and what there is instead.
func (x *Inbox) wait(g love.Group, check func(Received) error) (got Received, why string) {
	timer := time.NewTimer(x.Timeout)
	defer timer.Stop()
	errs := map[int]error{} // by index, of those of the group
	for next, late := 0, false; ; {
		e, more, changed, ended := x.at(next)
		switch {
		case more && !e.taken && e.matches(g):
			err := check(e.Received)
			if err == nil && x.take(next) {
				return e.Received, ""
			}
			errs[next] = err
			next++
		case more:
			next++
		case late || ended:
			return Received{}, x.explain(errs)
		default:
			select {
			case <-changed:
			case <-timer.C:
				late = true
			}
		}
	}
}

// at returns the stream with an index, or, if there is none yet, what will be closed when
// there are more, and whether there will be none.
func (x *Inbox) at(i int) (e entry, ok bool, changed <-chan struct{}, ended bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if i < len(x.streams) {
		return x.streams[i], true, nil, false
	}
	return entry{}, false, x.changed, x.ended != nil
}

// take takes the stream with an index, unless another call has taken it.
func (x *Inbox) take(i int) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	was := x.streams[i].taken
	x.streams[i].taken = true
	return !was
}

// explain returns why nothing was found, and what there is instead. errs are those of
// check, by index.
func (x *Inbox) explain(errs map[int]error) string {
	x.mu.Lock()
	defer x.mu.Unlock()
	why := fmt.Sprintf("within %v; ", x.Timeout)
	if x.ended != nil {
		why = fmt.Sprintf("before the end: %v; ", x.ended)
	}
	var waiting []entry
	waitingErrs := map[int]error{}
	for i, e := range x.streams {
		if !e.taken {
			waitingErrs[len(waiting)] = errs[i]
			waiting = append(waiting, e)
		}
	}
	switch {
	case len(x.streams) == 0:
		return why + "nothing came at all"
	case len(waiting) == 0:
		return why + "the test has taken everything that came" + x.takenBefore()
	}
	return why + "this came instead:" + lines(waiting, waitingErrs) + x.takenBefore()
}

// takenBefore counts what the test has taken, by group. The caller holds mu.
func (x *Inbox) takenBefore() string {
	counts := map[string]int{}
	var groups []string
	for _, e := range x.streams {
		if !e.taken {
			continue
		}
		if counts[e.Group]++; counts[e.Group] == 1 {
			groups = append(groups, e.Group)
		}
	}
	if len(groups) == 0 {
		return ""
	}
	for i, g := range groups {
		groups[i] = fmt.Sprintf("%s (%d)", g, counts[g])
	}
	return "\ntaken before: " + strings.Join(groups, ", ")
}

// lines shows the last of some streams, one a line, and why one could not be decoded.
func lines(all []entry, errs map[int]error) string {
	const most, longest = 20, 300
	first := max(0, len(all)-most)
	text := ""
	if first > 0 {
		text = fmt.Sprintf("\n    … %d more, then", first)
	}
	for i := first; i < len(all); i++ {
		line := all[i].String()
		if len(line) > longest {
			line = strings.ToValidUTF8(line[:longest], "") + "…"
		}
		text += "\n    " + line
		if err := errs[i]; err != nil && err != errNoMatch {
			text += "\n        (" + err.Error() + ")"
		}
	}
	return text
}

// parse returns a group; if the text is not one, the test fails.
func (x *Inbox) parse(group string) love.Group {
	x.t.Helper()
	g, err := love.ParseGroup(group)
	if err != nil {
		x.t.Fatalf("lovetest: %v", err)
	}
	return g
}
