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
		"an entry comes back whole":                           recordKeepsEntries,
		"an ID is taken once":                                 recordRefusesTwins,
		"the outcome replaces what was there":                 recordFinishes,
		"finishing what does not exist is an error":           recordKnowsItsEntries,
		"the newest come first, page by page":                 recordPages,
		"a filter selects":                                    recordFilters,
		"what a manager left pending becomes unknown":         recordInterrupts,
		"what is old is forgotten":                            recordPrunes,
		"many commands at once are all recorded":              recordIsConcurrent,
		"a context that has ended ends nothing that was done": recordHonoursContexts,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

var recordStart = time.Date(2026, 3, 14, 1, 59, 26, 535897000, time.UTC)

// recordEntry is the n-th command of a night.
func recordEntry(n int) commander.Entry {
	return commander.Entry{
		ID: fmt.Sprintf("%08d", n), Time: recordStart.Add(time.Duration(n) * time.Minute),
		User: "ana", Identity: "ana@summit", Address: "10.0.0.7", Manager: "one",
		CSC: "ATDome", SalIndex: 0, Command: "cmd_moveAzimuth", Params: json.RawMessage(`{"azimuth": 12345678901234567890.10, "é": "\u00e9"}`),
		Outcome: commander.Outcome{State: commander.Pending},
	}
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

func recordIDs(entries []commander.Entry) []string {
	ids := []string{}
	for _, e := range entries {
		ids = append(ids, e.ID)
	}
	return ids
}

func recordKeepsEntries(t *testing.T, r commander.Record) {
	require.Empty(t, list(t, r, commander.Filter{}))
	pending := recordEntry(1)
	refused := recordEntry(2)
	refused.ApprovedBy, refused.SalIndex, refused.CSC, refused.Params = "ben", 301, "ESS", json.RawMessage(`[NaN`) // a request that is no command
	refused.Outcome = commander.Outcome{State: commander.Refused, Status: 403, Result: "not allowed, añ", Duration: 1500 * time.Microsecond}
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
		{State: commander.Late, Status: 200, Code: -302, Result: "Failed: too late", Duration: 20 * time.Second},
	} {
		require.NoError(t, r.Finish(t.Context(), e.ID, o))
		e.Outcome = o
		require.Equal(t, []commander.Entry{recordEntry(2), e}, list(t, r, commander.Filter{}))
	}
}

func recordKnowsItsEntries(t *testing.T, r commander.Record) {
	begin(t, r, recordEntry(1))
	require.ErrorIs(t, r.Finish(t.Context(), "00000002", commander.Outcome{State: commander.Succeeded}), commander.ErrNoEntry)
}

func recordPages(t *testing.T, r commander.Record) {
	for n := range 7 {
		begin(t, r, recordEntry(n))
	}
	var pages [][]string
	f := commander.Filter{Limit: 3}
	for {
		page := recordIDs(list(t, r, f))
		if len(page) == 0 {
			break
		}
		pages = append(pages, page)
		f.Before = page[len(page)-1]
	}
	require.Equal(t, [][]string{{"00000006", "00000005", "00000004"}, {"00000003", "00000002", "00000001"}, {"00000000"}}, pages)
}

func recordFilters(t *testing.T, r commander.Record) {
	other := recordEntry(2)
	other.User, other.CSC, other.SalIndex, other.Command = "ben", "ESS", 301, "cmd_start"
	other.State = commander.Refused
	begin(t, r, recordEntry(1), other, recordEntry(3))
	zero, index := 0, 301
	for name, c := range map[string]struct {
		f    commander.Filter
		want []string
	}{
		"user":              {commander.Filter{User: "ben"}, []string{"00000002"}},
		"component":         {commander.Filter{CSC: "ATDome"}, []string{"00000003", "00000001"}},
		"index":             {commander.Filter{SalIndex: &index}, []string{"00000002"}},
		"index 0":           {commander.Filter{SalIndex: &zero}, []string{"00000003", "00000001"}},
		"command":           {commander.Filter{Command: "cmd_start"}, []string{"00000002"}},
		"state":             {commander.Filter{State: commander.Pending}, []string{"00000003", "00000001"}},
		"since":             {commander.Filter{Since: other.Time}, []string{"00000003", "00000002"}},
		"until":             {commander.Filter{Until: other.Time}, []string{"00000001"}},
		"both":              {commander.Filter{Since: other.Time, Until: other.Time.Add(time.Second)}, []string{"00000002"}},
		"all that is given": {commander.Filter{User: "ana", CSC: "ATDome", Before: "00000003", Limit: 5}, []string{"00000001"}},
		"nothing":           {commander.Filter{User: "' OR 1=1 --"}, []string{}},
		"case counts":       {commander.Filter{User: "Ana"}, []string{}},
	} {
		require.Equal(t, c.want, recordIDs(list(t, r, c.f)), name)
	}
}

func recordInterrupts(t *testing.T, r commander.Record) {
	other := recordEntry(2)
	other.Manager = "two"
	begin(t, r, recordEntry(1), other, recordEntry(3))
	require.NoError(t, r.Finish(t.Context(), "00000003", commander.Outcome{State: commander.Succeeded, Status: 200}))
	n, err := r.Interrupted(t.Context(), "one")
	require.NoError(t, err)
	require.Equal(t, 1, n)
	all := list(t, r, commander.Filter{})
	require.Equal(t, commander.Succeeded, all[0].State)
	require.Equal(t, other, all[1], "another manager's")
	require.Equal(t, commander.Outcome{State: commander.Unknown, Result: commander.InterruptedResult}, all[2].Outcome)
}

func recordPrunes(t *testing.T, r commander.Record) {
	begin(t, r, recordEntry(1), recordEntry(2), recordEntry(3))
	n, err := r.Prune(t.Context(), recordEntry(2).Time)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	require.Equal(t, []string{"00000003", "00000002"}, recordIDs(list(t, r, commander.Filter{})))
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
				errs <- r.Finish(context.Background(), e.ID, commander.Outcome{State: commander.Succeeded})
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
