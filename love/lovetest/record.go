package lovetest

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/commander"
)

// RunRecord is the conformance suite of [commander.Record]. open returns an
// empty record; it is called anew for every test and ends it with t.Cleanup.
//
//	func TestMyRecord(t *testing.T) {
//		lovetest.RunRecord(t, func(t *testing.T) commander.Record { … })
//	}
func RunRecord(t *testing.T, open func(t *testing.T) commander.Record) {
	for name, test := range map[string]func(*testing.T, commander.Record){
		"an entry comes back whole":                 recordKeepsEntries,
		"an ID is taken once":                       recordRefusesTwins,
		"the outcome replaces what was there":       recordFinishes,
		"finishing what does not exist is an error": recordKnowsItsEntries,
		"the newest come first, page by page":       recordPages,
		"a filter selects":                          recordFilters,
		"what a manager left pending becomes unknown, what awaits approval refused": recordInterrupts,
		"what is old is forgotten":                            recordPrunes,
		"many commands at once are all recorded":              recordIsConcurrent,
		"a context that has ended ends nothing that was done": recordHonoursContexts,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

var recordStart = time.Date(2026, 3, 14, 1, 59, 26, 535897000, time.UTC)

// recordEntry returns the n-th command of a night.
func recordEntry(n int) commander.Entry {
	at := recordStart.Add(time.Duration(n) * time.Minute)
	return commander.Entry{
		ID: fmt.Sprintf("%s%08x", commander.FirstID(at), n), Time: at,
		User: "ana", Identity: "ana@summit", Address: "10.0.0.7", Manager: "one",
		CSC: "ATDome", SalIndex: 0, Command: "cmd_moveAzimuth", Params: json.RawMessage(`{"azimuth": 12345678901234567890.10, "é": "\u00e9"}`),
		Outcome: commander.Outcome{State: commander.Pending},
	}
}

func change(n int, o commander.Outcome) commander.Change {
	return commander.Change{ID: recordEntry(n).ID, Outcome: o}
}

func begin(t *testing.T, r commander.Record, entries ...commander.Entry) {
	t.Helper()
	for _, e := range entries {
		require.NoError(t, r.Begin(t.Context(), e))
	}
}

func list(t *testing.T, r commander.Record, f commander.Filter) []commander.Entry {
	t.Helper()
	entries, err := r.List(t.Context(), f)
	require.NoError(t, err)
	for i := range entries {
		entries[i].Time = entries[i].Time.UTC()
	}
	return entries
}

// numbers returns the n of entries that recordEntry made.
func numbers(t *testing.T, entries []commander.Entry) []int {
	t.Helper()
	all := []int{}
	for _, e := range entries {
		n := int(e.Time.Sub(recordStart) / time.Minute)
		require.Equal(t, recordEntry(n).ID, e.ID)
		all = append(all, n)
	}
	return all
}

func recordKeepsEntries(t *testing.T, r commander.Record) {
	require.Empty(t, list(t, r, commander.Filter{}))
	pending := recordEntry(1)
	refused := recordEntry(2)
	refused.SalIndex, refused.CSC, refused.Params = 301, "ESS", json.RawMessage(`[NaN`) // a request that is no command
	refused.Outcome = commander.Outcome{State: commander.Refused, Status: 403, Result: "not allowed, añ", Duration: 1500 * time.Microsecond, ApprovedBy: "ben"}
	begin(t, r, pending, refused)
	require.Equal(t, []commander.Entry{refused, pending}, list(t, r, commander.Filter{}))
}

func recordRefusesTwins(t *testing.T, r commander.Record) {
	begin(t, r, recordEntry(1))
	require.Error(t, r.Begin(t.Context(), recordEntry(1)))
	require.Len(t, list(t, r, commander.Filter{}), 1)
}

func recordFinishes(t *testing.T, r commander.Record) {
	e := recordEntry(1)
	begin(t, r, e, recordEntry(2))
	for _, o := range []commander.Outcome{
		{State: commander.TimedOut, Status: 504, Result: "no answer", Duration: 15 * time.Second},
		{State: commander.Late, Status: 200, Code: -302, Result: "Failed: too late", Duration: 20 * time.Second, ApprovedBy: "ben"},
	} {
		require.NoError(t, r.Change(t.Context(), commander.Change{ID: e.ID, Outcome: o}))
		e.Outcome = o
		require.Equal(t, []commander.Entry{recordEntry(2), e}, list(t, r, commander.Filter{}))
	}
}

func recordKnowsItsEntries(t *testing.T, r commander.Record) {
	begin(t, r, recordEntry(1))
	done := commander.Outcome{State: commander.Succeeded}
	require.ErrorIs(t, r.Change(t.Context(), change(2, done)), commander.ErrNoEntry)
	require.NoError(t, r.Change(t.Context()), "nothing is an easy task")
	err := r.Change(t.Context(), change(2, done), change(1, commander.Outcome{State: commander.TimedOut}), change(1, done))
	require.ErrorIs(t, err, commander.ErrNoEntry)
	require.ErrorContains(t, err, recordEntry(2).ID)
	require.Equal(t, done, list(t, r, commander.Filter{})[0].Outcome, "the others are set, in their order")
}

func recordPages(t *testing.T, r commander.Record) {
	for n := range 7 {
		begin(t, r, recordEntry(n))
	}
	var pages [][]int
	f := commander.Filter{Limit: 3}
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

func recordFilters(t *testing.T, r commander.Record) {
	other := recordEntry(2)
	other.User, other.CSC, other.SalIndex, other.Command = "ben", "ESS", 301, "cmd_start"
	other.State = commander.Refused
	begin(t, r, recordEntry(1), other, recordEntry(3))
	zero, index := 0, 301
	for name, c := range map[string]struct {
		f    commander.Filter
		want []int
	}{
		"user":              {commander.Filter{User: "ben"}, []int{2}},
		"component":         {commander.Filter{CSC: "ATDome"}, []int{3, 1}},
		"index":             {commander.Filter{SalIndex: &index}, []int{2}},
		"index 0":           {commander.Filter{SalIndex: &zero}, []int{3, 1}},
		"command":           {commander.Filter{Command: "cmd_start"}, []int{2}},
		"state":             {commander.Filter{State: commander.Pending}, []int{3, 1}},
		"since":             {commander.Filter{Since: other.Time}, []int{3, 2}},
		"until":             {commander.Filter{Until: other.Time}, []int{1}},
		"both":              {commander.Filter{Since: other.Time, Until: other.Time.Add(time.Second)}, []int{2}},
		"all that is given": {commander.Filter{User: "ana", CSC: "ATDome", Before: recordEntry(3).ID, Limit: 5}, []int{1}},
		"nothing":           {commander.Filter{User: "' OR 1=1 --"}, []int{}},
		"case counts":       {commander.Filter{User: "Ana"}, []int{}},
	} {
		require.Equal(t, c.want, numbers(t, list(t, r, c.f)), name)
	}
}

func recordInterrupts(t *testing.T, r commander.Record) {
	other, awaiting := recordEntry(2), recordEntry(4)
	other.Manager, awaiting.State = "two", commander.Awaiting
	begin(t, r, recordEntry(1), other, recordEntry(3), awaiting)
	require.NoError(t, r.Change(t.Context(), change(3, commander.Outcome{State: commander.Succeeded, Status: 200})))
	n, err := r.Interrupted(t.Context(), "one")
	require.NoError(t, err)
	require.Equal(t, 2, n)
	all := list(t, r, commander.Filter{})
	require.Equal(t, commander.Outcome{State: commander.Refused, Result: commander.UnapprovedResult}, all[0].Outcome)
	require.Equal(t, commander.Succeeded, all[1].State)
	require.Equal(t, other, all[2], "another manager's")
	require.Equal(t, commander.Outcome{State: commander.Unknown, Result: commander.InterruptedResult}, all[3].Outcome)
}

func recordPrunes(t *testing.T, r commander.Record) {
	begin(t, r, recordEntry(1), recordEntry(2), recordEntry(3))
	n, err := r.Prune(t.Context(), recordEntry(2).Time)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	require.Equal(t, []int{3, 2}, numbers(t, list(t, r, commander.Filter{})))
}

func recordIsConcurrent(t *testing.T, r commander.Record) {
	const writers, each = 4, 25
	var writing sync.WaitGroup
	errs := make(chan error, 2*writers*each)
	for w := range writers {
		writing.Go(func() {
			for n := range each {
				e := recordEntry(w*each + n)
				errs <- r.Begin(context.Background(), e)
				errs <- r.Change(context.Background(), change(w*each+n, commander.Outcome{State: commander.Succeeded}))
			}
		})
	}
	writing.Wait()
	close(errs)
	for err := range errs {
		require.NoError(t, err)
	}
	require.Len(t, list(t, r, commander.Filter{State: commander.Succeeded, Limit: commander.MaxPage}), writers*each)
}

func recordHonoursContexts(t *testing.T, r commander.Record) {
	ctx, cancel := context.WithCancel(t.Context())
	require.NoError(t, r.Begin(ctx, recordEntry(1)))
	cancel()
	require.Len(t, list(t, r, commander.Filter{}), 1)
}
