package lovetest

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/commander/record"
)

// RunRecord is the conformance suite of [record.Store]. open returns an empty
// store for each test (see [Stored]), and closes it with t.Cleanup.
//
//	func TestMyRecord(t *testing.T) {
//		lovetest.RunRecord(t, func(t *testing.T) lovetest.Stored[record.Store] { … })
//	}
func RunRecord(t *testing.T, open func(t *testing.T) Stored[record.Store]) {
	for name, test := range map[string]func(*testing.T, record.Store){
		"an entry is returned unchanged":                                         recordKeepsEntries,
		"an ID can be used once":                                                 recordRefusesDuplicates,
		"an outcome replaces the earlier one":                                    recordFinishes,
		"changing an unknown entry is an error":                                  recordKnowsItsEntries,
		"the newest entries come first, in pages":                                recordPages,
		"a filter selects":                                                       recordFilters,
		"interrupted commands become unknown, or refused if they await approval": recordInterrupts,
		"old entries can be removed":                                             recordPrunes,
		"commands at the same time are all recorded":                             recordIsConcurrent,
		"the end of a context undoes nothing":                                    recordHonoursContexts,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t).Store) })
	}
	t.Run("what is stored outlives the store", func(t *testing.T) { commandsAreKept(t, open(t)) })
}

var recordStart = time.Date(2026, 3, 14, 1, 59, 26, 535897000, time.UTC)

// recordEntry returns the n-th command.
func recordEntry(n int) love.CommandEntry {
	at := recordStart.Add(time.Duration(n) * time.Minute)
	return love.CommandEntry{
		ID: fmt.Sprintf("%s%08x", record.FirstID(at), n), Time: at,
		User: "ana", Identity: "ana@summit", Address: "10.0.0.7", Manager: "one",
		CSC: "ATDome", SalIndex: 0, Command: "cmd_moveAzimuth", Params: json.RawMessage(`{"azimuth": 12345678901234567890.10, "é": "\u00e9"}`),
		CommandOutcome: love.CommandOutcome{State: love.CommandPending},
	}
}

func change(n int, o love.CommandOutcome) record.Change {
	return record.Change{ID: recordEntry(n).ID, CommandOutcome: o}
}

func begin(t *testing.T, r record.Store, entries ...love.CommandEntry) {
	t.Helper()
	for _, e := range entries {
		require.NoError(t, r.Begin(t.Context(), e))
	}
}

func list(t *testing.T, r record.Store, f love.CommandFilter) []love.CommandEntry {
	t.Helper()
	entries, err := r.List(t.Context(), f)
	require.NoError(t, err)
	for i := range entries {
		entries[i].Time = entries[i].Time.UTC()
	}
	return entries
}

// numbers returns the n of entries that recordEntry made.
func numbers(t *testing.T, entries []love.CommandEntry) []int {
	t.Helper()
	all := []int{}
	for _, e := range entries {
		n := int(e.Time.Sub(recordStart) / time.Minute)
		require.Equal(t, recordEntry(n).ID, e.ID)
		all = append(all, n)
	}
	return all
}

func recordKeepsEntries(t *testing.T, r record.Store) {
	require.Empty(t, list(t, r, love.CommandFilter{}))
	pending := recordEntry(1)
	refused := recordEntry(2)
	refused.SalIndex, refused.CSC, refused.Params = 301, "ESS", json.RawMessage(`[NaN`) // a request that is not a command
	refused.CommandOutcome = love.CommandOutcome{State: love.CommandRefused, Status: 403, Result: "not allowed, añ", Duration: 1500 * time.Microsecond, ApprovedBy: "ben"}
	begin(t, r, pending, refused)
	require.Equal(t, []love.CommandEntry{refused, pending}, list(t, r, love.CommandFilter{}))
}

func recordRefusesDuplicates(t *testing.T, r record.Store) {
	begin(t, r, recordEntry(1))
	require.Error(t, r.Begin(t.Context(), recordEntry(1)))
	require.Len(t, list(t, r, love.CommandFilter{}), 1)
}

func recordFinishes(t *testing.T, r record.Store) {
	e := recordEntry(1)
	begin(t, r, e, recordEntry(2))
	for _, o := range []love.CommandOutcome{
		{State: love.CommandTimedOut, Status: 504, Result: "no answer", Duration: 15 * time.Second},
		{State: love.CommandLate, Status: 200, Code: -302, Result: "Failed: too late", Duration: 20 * time.Second, ApprovedBy: "ben"},
	} {
		require.NoError(t, r.Change(t.Context(), record.Change{ID: e.ID, CommandOutcome: o}))
		e.CommandOutcome = o
		require.Equal(t, []love.CommandEntry{recordEntry(2), e}, list(t, r, love.CommandFilter{}))
	}
}

func recordKnowsItsEntries(t *testing.T, r record.Store) {
	begin(t, r, recordEntry(1))
	done := love.CommandOutcome{State: love.CommandDone}
	require.ErrorIs(t, r.Change(t.Context(), change(2, done)), record.ErrNoEntry)
	require.NoError(t, r.Change(t.Context()), "recording no changes is not an error")
	err := r.Change(t.Context(), change(2, done), change(1, love.CommandOutcome{State: love.CommandTimedOut}), change(1, done))
	require.ErrorIs(t, err, record.ErrNoEntry)
	require.ErrorContains(t, err, recordEntry(2).ID)
	require.Equal(t, done, list(t, r, love.CommandFilter{})[0].CommandOutcome, "the others are set, in their order")
}

func recordPages(t *testing.T, r record.Store) {
	for n := range 7 {
		begin(t, r, recordEntry(n))
	}
	var pages [][]int
	f := love.CommandFilter{Limit: 3}
	for {
		page := list(t, r, f)
		if len(page) == 0 {
			break
		}
		pages = append(pages, numbers(t, page))
		f.Before = page[len(page)-1].ID
	}
	require.Equal(t, [][]int{{6, 5, 4}, {3, 2, 1}, {0}}, pages)
}

func recordFilters(t *testing.T, r record.Store) {
	other := recordEntry(2)
	other.User, other.CSC, other.SalIndex, other.Command = "ben", "ESS", 301, "cmd_start"
	other.State = love.CommandRefused
	begin(t, r, recordEntry(1), other, recordEntry(3))
	zero, index := 0, 301
	for name, c := range map[string]struct {
		f    love.CommandFilter
		want []int
	}{
		"user":        {love.CommandFilter{User: "ben"}, []int{2}},
		"component":   {love.CommandFilter{CSC: "ATDome"}, []int{3, 1}},
		"index":       {love.CommandFilter{SalIndex: &index}, []int{2}},
		"index 0":     {love.CommandFilter{SalIndex: &zero}, []int{3, 1}},
		"command":     {love.CommandFilter{Command: "cmd_start"}, []int{2}},
		"state":       {love.CommandFilter{State: love.CommandPending}, []int{3, 1}},
		"since":       {love.CommandFilter{Since: other.Time}, []int{3, 2}},
		"until":       {love.CommandFilter{Until: other.Time}, []int{1}},
		"both":        {love.CommandFilter{Since: other.Time, Until: other.Time.Add(time.Second)}, []int{2}},
		"several":     {love.CommandFilter{User: "ana", CSC: "ATDome", Before: recordEntry(3).ID, Limit: 5}, []int{1}},
		"nothing":     {love.CommandFilter{User: "' OR 1=1 --"}, []int{}},
		"case counts": {love.CommandFilter{User: "Ana"}, []int{}},
	} {
		require.Equal(t, c.want, numbers(t, list(t, r, c.f)), name)
	}
}

func recordInterrupts(t *testing.T, r record.Store) {
	other, awaiting := recordEntry(2), recordEntry(4)
	other.Manager, awaiting.State = "two", love.CommandAwaiting
	begin(t, r, recordEntry(1), other, recordEntry(3), awaiting)
	require.NoError(t, r.Change(t.Context(), change(3, love.CommandOutcome{State: love.CommandDone, Status: 200})))
	n, err := r.Interrupted(t.Context(), "one", recordEntry(1).Time)
	require.NoError(t, err)
	require.Zero(t, n, "the first began at that time, not before")
	n, err = r.Interrupted(t.Context(), "one", recordEntry(2).Time)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	n, err = r.Interrupted(t.Context(), "one", time.Time{}, recordEntry(3).ID, recordEntry(4).ID)
	require.NoError(t, err)
	require.Zero(t, n, "the fourth waits still")
	n, err = r.Interrupted(t.Context(), "one", time.Time{})
	require.NoError(t, err)
	require.Equal(t, 1, n)
	all := list(t, r, love.CommandFilter{})
	require.Equal(t, love.CommandOutcome{State: love.CommandRefused, Result: record.UnapprovedResult}, all[0].CommandOutcome)
	require.Equal(t, love.CommandDone, all[1].State)
	require.Equal(t, other, all[2], "another manager's")
	require.Equal(t, love.CommandOutcome{State: love.CommandUnknown, Result: record.InterruptedResult}, all[3].CommandOutcome)
}

func recordPrunes(t *testing.T, r record.Store) {
	begin(t, r, recordEntry(1), recordEntry(2), recordEntry(3))
	n, err := r.Prune(t.Context(), recordEntry(2).Time)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	require.Equal(t, []int{3, 2}, numbers(t, list(t, r, love.CommandFilter{})))
}

func recordIsConcurrent(t *testing.T, r record.Store) {
	const writers, each = 4, 25
	var writing sync.WaitGroup
	errs := make(chan error, 2*writers*each)
	for w := range writers {
		writing.Go(func() {
			for n := range each {
				e := recordEntry(w*each + n)
				errs <- r.Begin(context.Background(), e)
				errs <- r.Change(context.Background(), change(w*each+n, love.CommandOutcome{State: love.CommandDone}))
			}
		})
	}
	writing.Wait()
	close(errs)
	for err := range errs {
		require.NoError(t, err)
	}
	require.Len(t, list(t, r, love.CommandFilter{State: love.CommandDone, Limit: love.MaxCommandPage}), writers*each)
}

func recordHonoursContexts(t *testing.T, r record.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	require.NoError(t, r.Begin(ctx, recordEntry(1)))
	cancel()
	require.Len(t, list(t, r, love.CommandFilter{}), 1)
}
