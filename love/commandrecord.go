package love

import (
	"encoding/json"
	"math"
	"time"
)

// CommandState is how far a command has come.
type CommandState string

// The states. Only CommandLate can follow a final state.
const (
	CommandAwaiting CommandState = "awaiting"  // waits for a second person's approval; it has not been sent
	CommandPending  CommandState = "pending"   // under way
	CommandDone     CommandState = "done"      // the component executed it
	CommandFailed   CommandState = "failed"    // the component answered, but not with success
	CommandRefused  CommandState = "refused"   // it was never sent to the component
	CommandTimedOut CommandState = "timed_out" // no answer in time; whether it was executed is unknown
	CommandLate     CommandState = "late"      // the answer came after the timeout
	CommandUnknown  CommandState = "unknown"   // the answer was lost, or the manager ended before it came
)

// CommandStates returns all states, in the order of a command's life.
func CommandStates() []CommandState {
	return []CommandState{
		CommandAwaiting, CommandPending, CommandDone, CommandFailed, CommandRefused, CommandTimedOut, CommandLate, CommandUnknown,
	}
}

// Final reports whether no other state follows, except [CommandLate].
func (s CommandState) Final() bool { return s != CommandAwaiting && s != CommandPending }

// CommandEntry is one command in the manager's record of commands.
type CommandEntry struct {
	ID       string    `json:"id"` // sorts by time
	Time     time.Time `json:"time"`
	User     string    `json:"user"`
	Identity string    `json:"identity"` // as components see the user: "user@host"
	Address  string    `json:"address"`  // of the user's program; empty if unknown
	Manager  string    `json:"manager"`  // the one that relayed the command

	CSC      string          `json:"csc"`
	SalIndex int             `json:"salindex"`
	Command  string          `json:"cmd"`    // with its prefix
	Params   json.RawMessage `json:"params"` // the whole request if it is not a command; a text if it is not JSON

	CommandOutcome
}

// CommandOutcome is how far a command has come, or how it ended. As JSON it is part
// of a [CommandEntry], which writes the duration.
type CommandOutcome struct {
	State    CommandState  `json:"state"`
	Status   int           `json:"status"` // HTTP status of the answer; 0 if there is none
	Code     int           `json:"code"`   // of the component's acknowledgement; 0 if unknown
	Result   string        `json:"result"` // text of the acknowledgement, or why there is none
	Duration time.Duration `json:"-"`      // from sending the command to its answer
	// ApprovedBy is the second person who approved the command; empty if nobody
	// did.
	ApprovedBy string `json:"approved_by"`
}

// commandEntryJSON is an entry as JSON, with its duration in seconds.
type commandEntryJSON struct {
	plainCommandEntry
	Duration *float64 `json:"duration"`
}

type plainCommandEntry CommandEntry // without its methods

// MarshalJSON writes the entry with its "duration" in seconds, to the
// microsecond, or null until the state is final.
func (e CommandEntry) MarshalJSON() ([]byte, error) {
	j := commandEntryJSON{plainCommandEntry: plainCommandEntry(e)}
	if e.State.Final() {
		seconds := float64(e.Duration.Microseconds()) / 1e6
		j.Duration = &seconds
	}
	if len(e.Params) > 0 && !json.Valid(e.Params) {
		j.Params = AppendText(nil, string(e.Params))
	}
	return json.Marshal(j)
}

// UnmarshalJSON reads what [CommandEntry.MarshalJSON] wrote.
func (e *CommandEntry) UnmarshalJSON(text []byte) error {
	var j commandEntryJSON
	if err := json.Unmarshal(text, &j); err != nil {
		return err
	}
	*e = CommandEntry(j.plainCommandEntry)
	if j.Duration != nil {
		e.CommandOutcome.Duration = time.Duration(math.Round(*j.Duration*1e6)) * time.Microsecond
	}
	return nil
}

// CommandFilter selects entries of the record. The zero value selects all.
type CommandFilter struct {
	User     string
	CSC      string
	SalIndex *int
	Command  string // with its prefix
	State    CommandState
	Since    time.Time // inclusive
	Until    time.Time // exclusive
	Before   string    // only entries older than the one with this ID: the next page
	// Limit is the most entries to return; 0 means [DefaultCommandPage] for one
	// page, and no limit for the client's iteration over all pages.
	Limit int
}

// The number of entries in one page of the record.
const (
	DefaultCommandPage = 100
	MaxCommandPage     = 1000
)

// PageSize returns how many entries a page may have: Limit, within
// [DefaultCommandPage] and [MaxCommandPage].
func (f CommandFilter) PageSize() int {
	if f.Limit <= 0 {
		return DefaultCommandPage
	}
	return min(f.Limit, MaxCommandPage)
}

// Selects reports whether the filter selects an entry, regardless of the limit.
func (f CommandFilter) Selects(e CommandEntry) bool {
	return (f.User == "" || f.User == e.User) &&
		(f.CSC == "" || f.CSC == e.CSC) &&
		(f.SalIndex == nil || *f.SalIndex == e.SalIndex) &&
		(f.Command == "" || f.Command == e.Command) &&
		(f.State == "" || f.State == e.State) &&
		(f.Since.IsZero() || !e.Time.Before(f.Since)) &&
		(f.Until.IsZero() || e.Time.Before(f.Until)) &&
		(f.Before == "" || e.ID < f.Before)
}

// CommandPage is one page of the record, newest first, as the manager's API
// returns it.
type CommandPage struct {
	Commands []CommandEntry `json:"commands"`
	Next     *string        `json:"next"` // the filter's Before for the next page; nil on the last one
}
