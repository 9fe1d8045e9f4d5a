package record

import (
	"context"
	"errors"
	"time"

	"github.com/rubin-love/love-go/internal/timeid"
	"github.com/rubin-love/love-go/love"
)

// Store keeps the entries of the record. A [Memory] keeps them in memory,
// love/store in a database. Every implementation must pass lovetest.RunRecord.
// It is safe for concurrent use.
type Store interface {
	// Begin adds an entry with a new ID: in state [love.CommandPending] before the
	// command is sent, or in another state if it is not sent now.
	Begin(ctx context.Context, e love.CommandEntry) error
	// Change sets the outcomes of entries, in order; a later outcome replaces an
	// earlier one, as [love.CommandLate] replaces [love.CommandTimedOut]. If an
	// entry does not exist, Change sets the others and returns [ErrNoEntry]. With
	// any other error it sets none.
	Change(ctx context.Context, changes ...Change) error
	// List returns a page of the entries that a filter selects, newest first.
	List(ctx context.Context, f love.CommandFilter) ([]love.CommandEntry, error)
	// Interrupted ends the commands that a manager has left open, and returns
	// their number. Pending ones become [love.CommandUnknown], with
	// [InterruptedResult]; those awaiting approval become [love.CommandRefused],
	// with [UnapprovedResult], except those whose IDs are in waiting. Unless before is
	// zero, only those that began before it are ended. The manager calls it when it
	// starts, until there is no error.
	Interrupted(ctx context.Context, manager string, before time.Time, waiting ...string) (int, error)
	// Prune removes the entries from before a time, and returns their number.
	Prune(ctx context.Context, before time.Time) (int, error)
}

// ErrNoEntry reports an entry that a [Store] does not have.
var ErrNoEntry = errors.New("the record does not have this command")

// The results that [Store.Interrupted] writes.
const (
	InterruptedResult = "The manager ended before the answer came."
	UnapprovedResult  = "The manager ended before a second person approved the command."
)

// Change is a new outcome for the entry with an ID.
type Change struct {
	ID string
	love.CommandOutcome
}

// FirstID returns the 16 digits with which the IDs of all entries of a time
// begin. IDs sort by time, and id >= FirstID(t) selects the entries of t or
// later, so a [Store] needs no index of times.
func FirstID(t time.Time) string { return timeid.First(t) }
