package commander_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/lovetest"
)

func TestMemoryRecord(t *testing.T) {
	lovetest.RunRecord(t, func(*testing.T) commander.Record { return commander.NewMemoryRecord(0) })
}

func TestMemoryRecordKeepsTheNewest(t *testing.T) {
	r := commander.NewMemoryRecord(2)
	for _, id := range []string{"2", "3", "1", "4"} {
		require.NoError(t, r.Begin(t.Context(), commander.Entry{ID: id}))
	}
	entries, err := r.List(t.Context(), commander.Filter{})
	require.NoError(t, err)
	require.Len(t, entries, 2)
	require.Equal(t, "4", entries[0].ID)
	require.Equal(t, "3", entries[1].ID)
}

type execution = func(ctx context.Context, r commander.Request) (commander.Reply, error)

// desk is a recorder, its record, and what it told.
type desk struct {
	*commander.Recorder
	record commander.Record
	told   func() []commander.State
}

func atDesk(t *testing.T, execute execution, body func(t *testing.T, d desk), opts ...commander.RecorderOption) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var told []commander.State
		d := desk{record: commander.NewMemoryRecord(0)}
		d.told = func() []commander.State { mu.Lock(); defer mu.Unlock(); return told }
		opts = append(opts, commander.WithManager("one"), commander.WithWatcher(func(e commander.Entry) {
			mu.Lock()
			defer mu.Unlock()
			told = append(told, e.State)
		}))
		d.Recorder = commander.NewRecorder(double{execute: execute}, d.record, opts...)
		body(t, d)
		d.Close(t.Context())
	})
}

func (d desk) only(t *testing.T) commander.Entry {
	entries, err := d.List(context.Background(), commander.Filter{})
	require.NoError(t, err)
	require.Len(t, entries, 1)
	return entries[0]
}

func byAna() commander.Request {
	return commander.Request{
		Body: json.RawMessage(`{"csc":"MTHexapod","salindex":1,"cmd":"cmd_move","params":{"x":1.50}}`),
		User: "ana", Identity: "ana@summit", Address: "10.0.0.7",
	}
}

func TestRecorder_EntryIsThereBeforeTheCommandLeaves(t *testing.T) {
	var d desk
	var found []commander.Entry // while the command was under way
	atDesk(t, func(ctx context.Context, r commander.Request) (commander.Reply, error) {
		found, _ = d.List(ctx, commander.Filter{})
		time.Sleep(2 * time.Second)
		return commander.Reply{Status: 200, Body: json.RawMessage(`{"ack":"Done","code":303}`)}, nil
	}, func(t *testing.T, desk desk) {
		d = desk
		began := time.Now()
		r, err := d.Execute(t.Context(), byAna())
		require.Len(t, found, 1)
		require.NotEmpty(t, found[0].ID)
		found[0].ID = ""
		require.Equal(t, commander.Entry{
			Time: began, User: "ana", Identity: "ana@summit", Address: "10.0.0.7", Manager: "one",
			CSC: "MTHexapod", SalIndex: 1, Command: "cmd_move", Params: json.RawMessage(`{"x":1.50}`),
			Outcome: commander.Outcome{State: commander.Pending},
		}, found[0])
		require.NoError(t, err)
		require.JSONEq(t, `{"ack":"Done","code":303}`, string(r.Body))
		require.Equal(t, commander.Outcome{State: commander.Succeeded, Status: 200, Code: 303, Result: "Done", Duration: 2 * time.Second}, d.only(t).Outcome)
		require.Equal(t, []commander.State{commander.Pending, commander.Succeeded}, d.told())
	})
}

func TestRecorder_Outcomes(t *testing.T) {
	reply := func(status int, body string) execution {
		return func(context.Context, commander.Request) (commander.Reply, error) {
			return commander.Reply{Status: status, Body: json.RawMessage(body)}, nil
		}
	}
	fail := func(err error) execution {
		return func(context.Context, commander.Request) (commander.Reply, error) { return commander.Reply{}, err }
	}
	for name, c := range map[string]struct {
		execute execution
		want    commander.Outcome
	}{
		"failed":        {reply(200, `{"ack":"Failed: x","code":-302}`), commander.Outcome{State: commander.Failed, Status: 200, Code: -302, Result: "Failed: x"}},
		"bad request":   {reply(400, `{"ack":"no field x"}`), commander.Outcome{State: commander.Refused, Status: 400, Result: "no field x"}},
		"too busy":      {reply(503, `{"ack":"busy"}`), commander.Outcome{State: commander.Refused, Status: 503, Result: "busy"}},
		"time-out":      {reply(504, `{"ack":"time out","code":301}`), commander.Outcome{State: commander.TimedOut, Status: 504, Code: 301, Result: "time out"}},
		"internal":      {reply(500, `[1]`), commander.Outcome{State: commander.Unknown, Status: 500, Result: "[1]"}},
		"unreachable":   {fail(&commander.NoReplyError{Status: 502, Text: "nobody there"}), commander.Outcome{State: commander.Refused, Status: 502, Result: "nobody there"}},
		"broken off":    {fail(&commander.NoReplyError{Status: 502, Text: "half", Sent: true}), commander.Outcome{State: commander.Unknown, Status: 502, Result: "half"}},
		"hanging":       {fail(&commander.NoReplyError{Status: 504, Text: "slow", Sent: true}), commander.Outcome{State: commander.TimedOut, Status: 504, Result: "slow"}},
		"anything else": {fail(errors.New("secret")), commander.Outcome{State: commander.Unknown, Status: 502, Result: string("The commander gave no answer. Whether the command was executed is unknown: look at the component before you repeat it.")}},
	} {
		t.Run(name, func(t *testing.T) {
			atDesk(t, c.execute, func(t *testing.T, d desk) {
				_, _ = d.Execute(t.Context(), byAna())
				require.Equal(t, c.want, d.only(t).Outcome)
			})
		})
	}
}

func TestRecorder_LateAnswerIsRecordedAndNothingSentAgain(t *testing.T) {
	sent := 0
	atDesk(t, func(context.Context, commander.Request) (commander.Reply, error) {
		sent++
		time.Sleep(time.Minute)
		return commander.AckReply(200, "Failed: at last"), nil
	}, func(t *testing.T, d desk) {
		start := time.Now()
		_, err := d.Execute(t.Context(), byAna())
		require.Equal(t, 15*time.Second, time.Since(start))
		require.Equal(t, 504, commander.ReplyTo(err).Status)
		require.ErrorContains(t, err, "No answer within 15s.")
		require.Equal(t, commander.TimedOut, d.only(t).State)
		time.Sleep(time.Minute)
		require.Equal(t, commander.Outcome{State: commander.Late, Status: 200, Result: "Failed: at last", Duration: time.Minute}, d.only(t).Outcome)
		require.Equal(t, []commander.State{commander.Pending, commander.TimedOut, commander.Late}, d.told())
		require.Equal(t, 1, sent)
	})
}

func TestRecorder_AnswerThatNeverComesStaysATimeOut(t *testing.T) {
	atDesk(t, func(ctx context.Context, _ commander.Request) (commander.Reply, error) {
		<-ctx.Done()
		return commander.Reply{}, context.Cause(ctx)
	}, func(t *testing.T, d desk) {
		_, _ = d.Execute(t.Context(), byAna())
		start := time.Now()
		d.Close(context.Background())
		require.Equal(t, 10*time.Minute, time.Since(start))
		require.Equal(t, commander.TimedOut, d.only(t).State)
	})
}

func TestRecorder_ATimeOutTellsHowLongWasWaited(t *testing.T) {
	atDesk(t, func(ctx context.Context, _ commander.Request) (commander.Reply, error) {
		commander.Report(ctx, love.Progress{Code: 301, Timeout: 60})
		time.Sleep(2 * time.Minute)
		return commander.Done(), nil
	}, func(t *testing.T, d desk) {
		_, err := d.Execute(t.Context(), byAna())
		require.ErrorContains(t, err, "No answer within 1m15s.")
		soon, cancel := commander.WithPatience(t.Context(), 50*time.Millisecond)
		defer cancel()
		_, err = d.Execute(soon, byAna())
		require.ErrorContains(t, err, "No answer within 1m0.1s.", "the shorter limit counts")
	})
}

// Each command leaves two entries to be written, and nobody asks for them.
func TestRecorder_WritesWithoutBeingAsked(t *testing.T) {
	atDesk(t, func(context.Context, commander.Request) (commander.Reply, error) { return commander.Done(), nil }, func(t *testing.T, d desk) {
		const many = 600
		for range many {
			_, err := d.Execute(t.Context(), byAna())
			require.NoError(t, err)
		}
		require.Len(t, d.told(), 1024, "a full queue is written at once")
		time.Sleep(10 * time.Millisecond)
		synctest.Wait()
		require.Len(t, d.told(), 2*many)
	})
}

func TestRecorder_ProgressExtendsTheLimit(t *testing.T) {
	atDesk(t, func(ctx context.Context, _ commander.Request) (commander.Reply, error) {
		commander.Report(ctx, love.Progress{Code: 301, Timeout: 60})
		time.Sleep(70 * time.Second)
		return commander.Done(), nil
	}, func(t *testing.T, d desk) {
		r, err := d.Execute(t.Context(), byAna())
		require.NoError(t, err)
		require.Equal(t, commander.Done(), r)
	})
}

func TestRecorder_OutcomeIsRecordedAlsoWhenWhoCommandedHasGone(t *testing.T) {
	atDesk(t, func(context.Context, commander.Request) (commander.Reply, error) {
		time.Sleep(5 * time.Second)
		return commander.Done(), nil
	}, func(t *testing.T, d desk) {
		ctx, hangUp := context.WithCancel(t.Context())
		defer time.AfterFunc(time.Second, hangUp).Stop()
		_, err := d.Execute(ctx, byAna())
		require.ErrorIs(t, err, context.Canceled)
		d.Close(context.Background())
		require.Equal(t, commander.Outcome{State: commander.Succeeded, Status: 200, Result: "Done", Duration: 5 * time.Second}, d.only(t).Outcome)
	})
}

func TestRecorder_CloseGivesUpWhatDoesNotEnd(t *testing.T) {
	atDesk(t, func(ctx context.Context, _ commander.Request) (commander.Reply, error) {
		<-ctx.Done()
		return commander.Reply{}, context.Cause(ctx)
	}, func(t *testing.T, d desk) {
		waiting := make(chan error)
		go func() {
			_, err := d.Execute(t.Context(), byAna())
			waiting <- err
		}()
		synctest.Wait()
		soon, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		go d.Close(soon)
		require.Error(t, <-waiting)
		synctest.Wait()
		require.Equal(t, commander.Unknown, d.only(t).State)
		_, err := d.Execute(t.Context(), byAna())
		require.ErrorContains(t, err, "shutting down")
	})
}

func TestRecorder_RefusedCommandsAreRecordedToo(t *testing.T) {
	atDesk(t, nil, func(t *testing.T, d desk) {
		request := byAna()
		request.Body = json.RawMessage(`{"anything":1}`)
		d.Refuse(t.Context(), request, commander.AckReply(403, "not allowed"))
		e := d.only(t)
		require.Equal(t, commander.Outcome{State: commander.Refused, Status: 403, Result: "not allowed"}, e.Outcome)
		require.JSONEq(t, `{"anything":1}`, string(e.Params), "a request that is no command is kept whole")
		require.Equal(t, []commander.State{commander.Refused}, d.told())
	})
}

func TestRecorder_HangingUpIsNoWayOutOfTheRecord(t *testing.T) {
	atDesk(t, nil, func(t *testing.T, d desk) {
		ctx, hangUp := context.WithCancel(t.Context())
		hangUp()
		d.Refuse(ctx, byAna(), commander.AckReply(403, "not allowed"))
		require.Equal(t, commander.Refused, d.only(t).State)
	})
}

func TestFirstID_SortsAsTimesDo(t *testing.T) {
	night := time.Date(2026, 3, 14, 1, 59, 26, 535897932, time.UTC)
	times := []time.Time{{}, time.Unix(0, 0), night, night.Add(1), night.Add(time.Hour), time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)}
	var first []string
	for _, at := range times {
		first = append(first, commander.FirstID(at))
		require.Len(t, first[0], 16)
	}
	require.True(t, slices.IsSorted(first), first)
	require.Less(t, first[2], first[3], "a nanosecond counts")
	atDesk(t, func(context.Context, commander.Request) (commander.Reply, error) { return commander.Done(), nil }, func(t *testing.T, d desk) {
		for range 2 { // at the same moment, for all that the clock tells
			_, err := d.Execute(t.Context(), byAna())
			require.NoError(t, err)
		}
		entries, err := d.List(t.Context(), commander.Filter{})
		require.NoError(t, err)
		for i, e := range slices.Backward(entries) {
			require.Less(t, commander.FirstID(e.Time), e.ID)
			require.Greater(t, commander.FirstID(e.Time.Add(1)), e.ID)
			require.Equal(t, time.Duration(1-i), time.Since(e.Time)*-1)
		}
	})
}

// brokenRecord fails.
type brokenRecord struct{ commander.Record }

func (brokenRecord) Begin(context.Context, commander.Entry) error { return errors.New("disk full") }

func (brokenRecord) Change(context.Context, ...commander.Change) error {
	return errors.New("disk full")
}

func TestRecorder_WhatCannotBeRecordedIsNotSent(t *testing.T) {
	sent := 0
	inner := double{execute: func(context.Context, commander.Request) (commander.Reply, error) {
		sent++
		return commander.Done(), nil
	}}
	r := commander.NewRecorder(inner, brokenRecord{})
	_, err := r.Execute(t.Context(), byAna())
	reply := commander.ReplyTo(err)
	require.Equal(t, 503, reply.Status)
	require.Equal(t, time.Second, reply.RetryAfter)
	require.Contains(t, string(reply.Body), "was not sent, because it cannot be recorded")
	require.NotContains(t, string(reply.Body), "disk")
	require.Zero(t, sent)
	r.Close(t.Context())

	r = commander.NewRecorder(inner, brokenRecord{}, commander.WithUnrecorded())
	reply, err = r.Execute(t.Context(), byAna())
	require.NoError(t, err)
	require.Equal(t, commander.Done(), reply)
	require.Equal(t, 1, sent)
	r.Close(t.Context())
}

// moodyRecord takes changes unless it is away, and never that of one entry.
type moodyRecord struct {
	commander.Record
	mu     sync.Mutex
	away   bool
	refuse string // text that makes an entry the one never taken
}

func (m *moodyRecord) Change(ctx context.Context, changes ...commander.Change) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.away {
		return errors.New("away")
	}
	for _, c := range changes {
		if c.Result == m.refuse {
			return errors.New("cannot store that")
		}
	}
	return m.Record.Change(ctx, changes...)
}

func (m *moodyRecord) leave(away bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.away = away
}

func atMoodyDesk(t *testing.T, body func(t *testing.T, r *commander.Recorder, m *moodyRecord, states func() []commander.State)) {
	synctest.Test(t, func(t *testing.T) {
		m := &moodyRecord{Record: commander.NewMemoryRecord(0), refuse: "odd"}
		n := 0
		r := commander.NewRecorder(double{execute: func(context.Context, commander.Request) (commander.Reply, error) {
			if n++; n == 2 {
				return commander.AckReply(200, "odd"), nil
			}
			return commander.Done(), nil
		}}, m)
		defer r.Close(t.Context())
		body(t, r, m, func() (states []commander.State) {
			entries, err := m.List(t.Context(), commander.Filter{})
			require.NoError(t, err)
			for _, e := range slices.Backward(entries) {
				states = append(states, e.State)
			}
			return states
		})
	})
}

func TestRecorder_OutcomesWaitForARecordThatIsAway(t *testing.T) {
	atMoodyDesk(t, func(t *testing.T, r *commander.Recorder, m *moodyRecord, states func() []commander.State) {
		m.leave(true)
		_, err := r.Execute(t.Context(), byAna())
		require.NoError(t, err)
		time.Sleep(time.Minute)
		require.Equal(t, []commander.State{commander.Pending}, states())
		m.leave(false)
		time.Sleep(time.Second)
		synctest.Wait()
		require.Equal(t, []commander.State{commander.Succeeded}, states())
	})
}

func TestRecorder_AnOutcomeThatIsNeverTakenHoldsUpNoOther(t *testing.T) {
	atMoodyDesk(t, func(t *testing.T, r *commander.Recorder, _ *moodyRecord, states func() []commander.State) {
		for range 3 {
			_, err := r.Execute(t.Context(), byAna())
			require.NoError(t, err)
		}
		time.Sleep(10 * time.Millisecond)
		synctest.Wait()
		require.Equal(t, []commander.State{commander.Succeeded, commander.Pending, commander.Succeeded}, states())
	})
}

func TestRecorder_ACommanderThatPanicsGaveNoAnswer(t *testing.T) {
	atDesk(t, func(context.Context, commander.Request) (commander.Reply, error) { panic("lamp on fire") }, func(t *testing.T, d desk) {
		_, err := d.Execute(t.Context(), byAna())
		require.Equal(t, 502, commander.ReplyTo(err).Status)
		require.Equal(t, commander.Unknown, d.only(t).State)
	})
}

// backClock is a clock that was set back.
type backClock struct{ now time.Time }

func (c *backClock) Now() time.Time                    { return c.now }
func (*backClock) NewTimer(time.Duration) love.Timer   { panic("not used") }
func (*backClock) NewTicker(time.Duration) love.Ticker { panic("not used") }

func TestRecorder_AClockThatWasSetBackIsBelieved(t *testing.T) {
	clock := &backClock{time.Date(2026, 3, 14, 2, 0, 0, 0, time.UTC)}
	atDesk(t, func(context.Context, commander.Request) (commander.Reply, error) { return commander.Done(), nil }, func(t *testing.T, d desk) {
		for range 2 {
			_, err := d.Execute(t.Context(), byAna())
			require.NoError(t, err)
			clock.now = clock.now.Add(-time.Hour)
		}
		entries, err := d.List(t.Context(), commander.Filter{Until: time.Date(2026, 3, 14, 1, 30, 0, 0, time.UTC)})
		require.NoError(t, err)
		require.Len(t, entries, 1)
	}, commander.WithRecorderClock(clock))
}

func TestEntryAsJSON(t *testing.T) {
	e := commander.Entry{ID: "1", Time: time.Unix(0, 0).UTC(), CSC: "X", Command: "cmd_x", Params: json.RawMessage(`{}`), Outcome: commander.Outcome{State: commander.Pending}}
	text, err := json.Marshal(e)
	require.NoError(t, err)
	require.JSONEq(t, `{"id":"1","time":"1970-01-01T00:00:00Z","user":"","identity":"","address":"","manager":"","approved_by":"","csc":"X","salindex":0,
		"cmd":"cmd_x","params":{},"state":"pending","status":0,"code":0,"result":"","duration":null}`, string(text))
	e.Outcome = commander.Outcome{State: commander.Succeeded, Duration: 1633091 * time.Microsecond, ApprovedBy: "ben"}
	text, err = json.Marshal(e)
	require.NoError(t, err)
	require.Contains(t, string(text), `"duration":1.633091}`)
	var read commander.Entry
	require.NoError(t, json.Unmarshal(text, &read))
	require.Equal(t, e, read)
	e.Params = json.RawMessage(`[NaN`)
	text, err = json.Marshal(e)
	require.NoError(t, err)
	require.Contains(t, string(text), `"params":"[NaN"`)
}
