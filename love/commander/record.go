package commander

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"time"

	"github.com/rubin-love/love-go/love"
)

// Record keeps who commanded what, and what came of it. A driver keeps it in a
// database; [NewMemoryRecord] in memory. Every implementation passes
// lovetest.RunRecord. It is safe for concurrent use.
type Record interface {
	// Begin adds an entry, in state [Pending] before the command leaves, or in
	// another one if it does not leave now. Its ID is new.
	Begin(ctx context.Context, e Entry) error
	// Change sets what has come of some entries, in their order; a later
	// outcome replaces an earlier one, as [Late] does [TimedOut]. An entry that
	// is not there is [ErrNoEntry], and the others are set all the same; with
	// any other error none is.
	Change(ctx context.Context, changes ...Change) error
	// List gives the entries that a filter selects, newest first.
	List(ctx context.Context, f Filter) ([]Entry, error)
	// Interrupted sets what is pending of a manager to [Unknown], with
	// [InterruptedResult], and what awaits approval to [Refused], with
	// [UnapprovedResult], and tells how many: that manager calls it when it
	// starts.
	Interrupted(ctx context.Context, manager string) (int, error)
	// Prune forgets what came before a time, and tells how much.
	Prune(ctx context.Context, before time.Time) (int, error)
}

// ErrNoEntry is an entry that a [Record] does not have.
var ErrNoEntry = errors.New("the record has no such command")

// State is how far a command has come.
type State string

// The states. Late alone follows a final one.
const (
	Awaiting  State = "awaiting"  // a second person's approval; it has not been sent
	Pending   State = "pending"   // under way
	Succeeded State = "done"      // the component has done it
	Failed    State = "failed"    // the component answered otherwise
	Refused   State = "refused"   // it was never sent to the component
	TimedOut  State = "timed_out" // no answer in time; whether it was executed is unknown
	Late      State = "late"      // the answer came after that
	Unknown   State = "unknown"   // the answer was lost, or the manager ended before it came
)

// States are all of them, in the order of a command's life.
func States() []State {
	return []State{Awaiting, Pending, Succeeded, Failed, Refused, TimedOut, Late, Unknown}
}

// Final tells whether nothing is to come any more, but for a [Late] answer.
func (s State) Final() bool { return s != Awaiting && s != Pending }

// What [Record.Interrupted] writes as results.
const (
	InterruptedResult = "The manager ended before the answer came."
	UnapprovedResult  = "The manager ended before a second person approved the command."
)

// Entry is one command in the record.
type Entry struct {
	ID       string    `json:"id"` // sorts by time: see FirstID
	Time     time.Time `json:"time"`
	User     string    `json:"user"`
	Identity string    `json:"identity"`
	Address  string    `json:"address"` // of the user's program; empty if unknown
	Manager  string    `json:"manager"` // which one relayed it

	CSC      string          `json:"csc"`
	SalIndex int             `json:"salindex"`
	Command  string          `json:"cmd"`
	Params   json.RawMessage `json:"params"` // or the whole request, if it is no command; a text if it is no JSON

	Outcome
}

// Outcome is what came of a command.
type Outcome struct {
	State    State         `json:"state"`
	Status   int           `json:"status"` // HTTP, as it was answered; 0 if it was not
	Code     int           `json:"code"`   // of the component's acknowledgement; 0 if unknown
	Result   string        `json:"result"` // its text, or why there is none
	Duration time.Duration `json:"-"`      // from when it left until the answer came
	// ApprovedBy is the second person whose approval it had; empty if it had or
	// needed none (see [Authority]).
	ApprovedBy string `json:"approved_by"`
}

// Change is what has come of the entry with an ID.
type Change struct {
	ID string
	Outcome
}

// Filter selects entries of a [Record]. The zero value selects all.
type Filter struct {
	User     string
	CSC      string
	SalIndex *int
	Command  string // with its prefix
	State    State
	Since    time.Time // not before
	Until    time.Time // before
	Before   string    // only entries older than the one with this ID: the next page
	Limit    int       // at most so many; 0 is DefaultPage, more than MaxPage is MaxPage
}

// The bounds of [Filter.Limit].
const (
	DefaultPage = 100
	MaxPage     = 1000
)

// Page is the number of entries that a list may have.
func (f Filter) Page() int {
	if f.Limit <= 0 {
		return DefaultPage
	}
	return min(f.Limit, MaxPage)
}

// Selects tells whether an entry is among those that the filter selects,
// whatever its limit.
func (f Filter) Selects(e Entry) bool {
	return (f.User == "" || f.User == e.User) &&
		(f.CSC == "" || f.CSC == e.CSC) &&
		(f.SalIndex == nil || *f.SalIndex == e.SalIndex) &&
		(f.Command == "" || f.Command == e.Command) &&
		(f.State == "" || f.State == e.State) &&
		(f.Since.IsZero() || !e.Time.Before(f.Since)) &&
		(f.Until.IsZero() || e.Time.Before(f.Until)) &&
		(f.Before == "" || e.ID < f.Before)
}

// entryJSON is an entry as JSON, with its duration in seconds.
type entryJSON struct {
	plainEntry
	Duration *float64 `json:"duration"`
}

type plainEntry Entry // without its methods

// MarshalJSON writes the entry with its duration in seconds, to the
// microsecond: "duration", which is null as long as there is nothing final.
func (e Entry) MarshalJSON() ([]byte, error) {
	j := entryJSON{plainEntry: plainEntry(e)}
	if e.State.Final() {
		seconds := float64(e.Duration.Microseconds()) / 1e6
		j.Duration = &seconds
	}
	if len(e.Params) > 0 && !json.Valid(e.Params) {
		j.Params = love.AppendText(nil, string(e.Params))
	}
	return json.Marshal(j)
}

// UnmarshalJSON reads what [Entry.MarshalJSON] has written.
func (e *Entry) UnmarshalJSON(text []byte) error {
	var j entryJSON
	if err := json.Unmarshal(text, &j); err != nil {
		return err
	}
	*e = Entry(j.plainEntry)
	if j.Duration != nil {
		e.Outcome.Duration = time.Duration(math.Round(*j.Duration*1e6)) * time.Microsecond
	}
	return nil
}
