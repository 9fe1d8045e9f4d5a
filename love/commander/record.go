package commander

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"time"

	"github.com/rubin-love/love-go/love"
)

// Record keeps who commanded what, and the outcome. [NewMemoryRecord] keeps it
// in memory, drivers keep it in a database. Every implementation has to pass
// lovetest.RunRecord. It is safe for concurrent use.
type Record interface {
	// Begin adds an entry with a new ID: in state [Pending] before the command
	// is sent, or in another state if it is not sent now.
	Begin(ctx context.Context, e Entry) error
	// Change sets the outcomes of entries, in order; a later outcome replaces
	// an earlier one, as [Late] replaces [TimedOut]. If an entry does not
	// exist, Change sets the others and returns [ErrNoEntry]. With any other
	// error it sets none.
	Change(ctx context.Context, changes ...Change) error
	// List returns the entries that a filter selects, newest first.
	List(ctx context.Context, f Filter) ([]Entry, error)
	// Interrupted ends the commands that a manager has left open, and returns
	// how many. Pending ones become [Unknown], with [InterruptedResult]; those
	// awaiting approval become [Refused], with [UnapprovedResult]. The manager
	// calls it when it starts.
	Interrupted(ctx context.Context, manager string) (int, error)
	// Prune removes the entries from before a time, and returns how many.
	Prune(ctx context.Context, before time.Time) (int, error)
}

// ErrNoEntry reports an entry that a [Record] does not have.
var ErrNoEntry = errors.New("the record has no such command")

// State is how far a command has come.
type State string

// The states. Only Late can follow a final state.
const (
	Awaiting  State = "awaiting"  // waits for a second person's approval; it has not been sent
	Pending   State = "pending"   // under way
	Succeeded State = "done"      // the component executed it
	Failed    State = "failed"    // the component answered, but not with success
	Refused   State = "refused"   // it was never sent to the component
	TimedOut  State = "timed_out" // no answer in time; whether it was executed is unknown
	Late      State = "late"      // the answer came after the time was over
	Unknown   State = "unknown"   // the answer was lost, or the manager ended before it came
)

// States returns all states, in the order of a command's life.
func States() []State {
	return []State{Awaiting, Pending, Succeeded, Failed, Refused, TimedOut, Late, Unknown}
}

// Final tells whether no other state follows, except [Late].
func (s State) Final() bool { return s != Awaiting && s != Pending }

// The results that [Record.Interrupted] writes.
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
	Manager  string    `json:"manager"` // the one that relayed the command

	CSC      string          `json:"csc"`
	SalIndex int             `json:"salindex"`
	Command  string          `json:"cmd"`
	Params   json.RawMessage `json:"params"` // the whole request if it is not a command; a text if it is not JSON

	Outcome
}

// Outcome tells how far a command has come, or how it ended.
type Outcome struct {
	State    State         `json:"state"`
	Status   int           `json:"status"` // HTTP status of the reply; 0 if there is none
	Code     int           `json:"code"`   // of the component's acknowledgement; 0 if unknown
	Result   string        `json:"result"` // text of the acknowledgement, or why there is none
	Duration time.Duration `json:"-"`      // from sending the command to its answer
	// ApprovedBy is the second person who approved the command; empty if nobody
	// did (see [Authority]).
	ApprovedBy string `json:"approved_by"`
}

// Change is a new outcome for the entry with an ID.
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
	Since    time.Time // inclusive
	Until    time.Time // exclusive
	Before   string    // only entries older than the one with this ID: the next page
	Limit    int       // 0 means DefaultPage, more than MaxPage means MaxPage
}

// The bounds of [Filter.Limit].
const (
	DefaultPage = 100
	MaxPage     = 1000
)

// Page returns how many entries a list may have.
func (f Filter) Page() int {
	if f.Limit <= 0 {
		return DefaultPage
	}
	return min(f.Limit, MaxPage)
}

// Selects tells whether the filter selects an entry, regardless of the limit.
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

// MarshalJSON writes the entry with its "duration" in seconds, to the
// microsecond, or null until the state is final.
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

// UnmarshalJSON reads what [Entry.MarshalJSON] wrote.
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
