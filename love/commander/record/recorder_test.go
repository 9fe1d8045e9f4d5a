package record_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/commander/commanderhttp"
	"github.com/rubin-love/love-go/love/commander/record"
	"github.com/rubin-love/love-go/love/lovetest"
)

// commandTimeout is how long the callers of the tests wait.
const commandTimeout = 15 * time.Second

// recording is a recorder in a bubble, and the states that its watchers got.
type recording struct {
	*record.Recorder
	store   record.Store
	watched func() []love.CommandState
}

// withRecorder runs body in a bubble with a recorder of the commands for inner.
func withRecorder(t *testing.T, inner commander.Func, body func(t *testing.T, r recording), opts ...record.Option) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var watched []love.CommandState
		r := recording{store: record.NewMemory(0)}
		r.watched = func() []love.CommandState { mu.Lock(); defer mu.Unlock(); return slices.Clone(watched) }
		opts = append(opts, record.WithManager("one"), record.WithStatus(commanderhttp.Status))
		r.Recorder = record.New(inner, r.store, opts...)
		defer r.Watch(func(e love.CommandEntry) {
			mu.Lock()
			defer mu.Unlock()
			watched = append(watched, e.State)
		})()
		body(t, r)
		r.Close(t.Context())
	})
}

// entries returns all entries, the oldest first.
func (r recording) entries(t *testing.T) []love.CommandEntry {
	t.Helper()
	entries, err := r.List(context.Background(), love.CommandFilter{})
	require.NoError(t, err)
	slices.Reverse(entries)
	return entries
}

func (r recording) onlyEntry(t *testing.T) love.CommandEntry {
	t.Helper()
	entries := r.entries(t)
	require.Len(t, entries, 1)
	return entries[0]
}

// give gives the command of the tests and waits for commandTimeout.
func (r recording) give(t *testing.T) (love.Ack, error) {
	ctx, cancel := commander.WithTimeout(t.Context(), commandTimeout)
	defer cancel()
	return r.Execute(ctx, move)
}

var move = commander.Call{
	Command: love.Command{
		CSC: "MTHexapod", SalIndex: 1, Name: "cmd_move", Params: json.RawMessage(`{"x":1.50}`), Identity: "ana@summit",
	},
	Posted: json.RawMessage(`{"csc":"MTHexapod","salindex":1,"cmd":"cmd_move","params":{"x":1.50}}`),
	User:   "ana", Address: "10.0.0.7",
}

var done = love.Ack{Text: love.Done, Code: 303}

// succeeds is a commander that executes every command.
func succeeds(context.Context, commander.Call) (love.Ack, error) { return done, nil }

// after returns a commander that sends and answers after some time, even if its
// context has ended.
func after(d time.Duration, ack love.Ack) commander.Func {
	return func(ctx context.Context, _ commander.Call) (love.Ack, error) {
		commander.Sent(ctx)
		time.Sleep(d)
		return ack, nil
	}
}

// hangs is a commander that sends, but does not answer.
func hangs(ctx context.Context, _ commander.Call) (love.Ack, error) {
	ctx = commander.Sent(ctx)
	<-ctx.Done()
	return love.Ack{}, context.Cause(ctx)
}

func TestRecorder_RecordsACommandBeforeItIsSentAndThenItsOutcome(t *testing.T) {
	var r recording
	var found []love.CommandEntry
	withRecorder(t, func(_ context.Context, c commander.Call) (love.Ack, error) {
		entries, err := r.store.List(context.Background(), love.CommandFilter{})
		if err == nil {
			found = entries
		}
		time.Sleep(2 * time.Second)
		return love.Ack{Text: love.Done, Code: 303, Raw: c.Posted}, nil
	}, func(t *testing.T, recording recording) {
		r = recording
		began := time.Now()
		ack, err := r.give(t)
		require.Len(t, found, 1)
		require.NotEmpty(t, found[0].ID)
		found[0].ID = ""
		require.Equal(t, love.CommandEntry{
			Time: began, User: "ana", Identity: "ana@summit", Address: "10.0.0.7", Manager: "one",
			CSC: "MTHexapod", SalIndex: 1, Command: "cmd_move", Params: json.RawMessage(`{"x":1.50}`),
			CommandOutcome: love.CommandOutcome{State: love.CommandPending},
		}, found[0])
		require.NoError(t, err)
		require.Equal(t, love.Ack{Text: love.Done, Code: 303, Raw: move.Posted}, ack)
		require.Equal(t, love.CommandOutcome{State: love.CommandDone, Status: 200, Code: 303, Result: "Done", Duration: 2 * time.Second}, r.onlyEntry(t).CommandOutcome)
		require.Equal(t, []love.CommandState{love.CommandPending, love.CommandDone}, r.watched())
	})
}

func TestRecorder_RecordsEveryOutcome(t *testing.T) {
	type outcome = love.CommandOutcome
	fails := func(err error) commander.Func {
		return func(context.Context, commander.Call) (love.Ack, error) { return love.Ack{}, err }
	}
	answered := func(status int, text string, code int) commander.Func {
		kinds := map[int]commander.Kind{400: commander.Refused, 500: commander.Unknown, 503: commander.Busy, 504: commander.TimedOut}
		return fails(&commander.Error{Kind: kinds[status], Text: text, Code: code, Err: &commanderhttp.StatusError{Status: status}})
	}
	kind := func(k commander.Kind) commander.Func { return fails(&commander.Error{Kind: k, Text: "why"}) }
	for name, c := range map[string]struct {
		inner commander.Func
		want  outcome
	}{
		"failed":                    {after(0, love.Ack{Text: "Failed: x", Code: -302, Error: 7}), outcome{State: love.CommandFailed, Status: 200, Code: -302, Result: "Failed: x"}},
		"another text":              {after(0, love.Ack{Text: "100000", Code: 303}), outcome{State: love.CommandDone, Status: 200, Code: 303, Result: "100000"}},
		"no text":                   {after(0, love.Ack{Code: 303}), outcome{State: love.CommandDone, Status: 200, Code: 303}},
		"no code":                   {after(0, love.Ack{Text: "100000"}), outcome{State: love.CommandDone, Status: 200, Result: "100000"}},
		"the code against the text": {after(0, love.Ack{Text: "Done", Code: -304}), outcome{State: love.CommandFailed, Status: 200, Code: -304, Result: "Done"}},
		"bad request":               {answered(400, "no field x", 0), outcome{State: love.CommandRefused, Status: 400, Result: "no field x"}},
		"too busy":                  {answered(503, "busy", 0), outcome{State: love.CommandRefused, Status: 503, Result: "busy"}},
		"time-out":                  {answered(504, "time out", 301), outcome{State: love.CommandTimedOut, Status: 504, Code: 301, Result: "time out"}},
		"internal":                  {answered(500, "[1]", 0), outcome{State: love.CommandUnknown, Status: 500, Result: "[1]"}},
		"refused":                   {kind(commander.Refused), outcome{State: love.CommandRefused, Status: 400, Result: "why"}},
		"forbidden":                 {kind(commander.Forbidden), outcome{State: love.CommandRefused, Status: 403, Result: "why"}},
		"unreachable":               {kind(commander.NotSent), outcome{State: love.CommandRefused, Status: 503, Result: "why"}},
		"busy":                      {kind(commander.Busy), outcome{State: love.CommandRefused, Status: 503, Result: "why"}},
		"broken off":                {kind(commander.Unknown), outcome{State: love.CommandUnknown, Status: 502, Result: "why"}},
		"hanging":                   {kind(commander.TimedOut), outcome{State: love.CommandTimedOut, Status: 504, Result: "why"}},
		"waiting somewhere else":    {kind(commander.Awaiting), outcome{State: love.CommandUnknown, Status: 202, Result: "why"}},
		"a deadline":                {fails(context.DeadlineExceeded), outcome{State: love.CommandTimedOut, Status: 504, Result: "The commander did not answer in time. " + commander.UnknownOutcome}},
		"a panic":                   {func(context.Context, commander.Call) (love.Ack, error) { panic("lamp on fire") }, outcome{State: love.CommandUnknown, Status: 502, Result: "The commander gave no answer. " + commander.UnknownOutcome}},
		"anything else":             {fails(errors.New("secret")), outcome{State: love.CommandUnknown, Status: 502, Result: "The commander gave no answer. " + commander.UnknownOutcome}},
		"the cause is not recorded": {fails(&commander.Error{Text: "half", Err: io.ErrUnexpectedEOF}), outcome{State: love.CommandUnknown, Status: 502, Result: "half"}},
	} {
		t.Run(name, func(t *testing.T) {
			withRecorder(t, c.inner, func(t *testing.T, r recording) {
				_, err := r.give(t)
				require.Equal(t, c.want, r.onlyEntry(t).CommandOutcome)
				require.Equal(t, c.want.Status, commanderhttp.Status(err), "the caller gets the same")
			})
		})
	}
}

func TestRecorder_HasNoStatusByDefault(t *testing.T) {
	r := record.New(commander.Func(succeeds), record.NewMemory(0))
	defer r.Close(t.Context())
	_, err := r.Execute(t.Context(), move)
	require.NoError(t, err)
	entries, err := r.List(t.Context(), love.CommandFilter{})
	require.NoError(t, err)
	require.Equal(t, "manager", entries[0].Manager)
	require.Zero(t, entries[0].Status)
}

func TestRecorder_ReportsTheTimeoutOfItsCaller(t *testing.T) {
	withRecorder(t, func(ctx context.Context, _ commander.Call) (love.Ack, error) {
		commander.Report(commander.Sent(ctx), love.Progress{Code: 301, Timeout: 60})
		time.Sleep(2 * time.Minute)
		return done, nil
	}, func(t *testing.T, r recording) {
		_, err := r.give(t)
		require.Equal(t, &commander.Error{
			Kind: commander.TimedOut, Code: 301, Err: context.DeadlineExceeded,
			Text: "No answer within 1m15s; the last acknowledgement was 301. The command is still waited for; the record of commands will tell what came of it.",
		}, err)
		soon, cancel := commander.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		_, err = r.Execute(soon, move)
		require.ErrorContains(t, err, "No answer within 1m0.1s;")
		soon, cancel = context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		_, err = r.Execute(soon, move)
		require.ErrorContains(t, err, "No answer within 50ms;", "progress extends only a timeout of commander.WithTimeout")
	})
}

func TestRecorder_HasNoTimeoutOfItsOwn(t *testing.T) {
	withRecorder(t, after(24*time.Hour, done), func(t *testing.T, r recording) {
		ack, err := r.Execute(t.Context(), move)
		require.NoError(t, err)
		require.Equal(t, done, ack)
	})
}

func TestRecorder_PassesOnProgressWhichExtendsTheCallersTimeout(t *testing.T) {
	progress := love.Progress{Code: 301, Name: "CMD_INPROGRESS", Timeout: 60}
	withRecorder(t, func(ctx context.Context, _ commander.Call) (love.Ack, error) {
		commander.Report(ctx, progress)
		time.Sleep(70 * time.Second)
		return done, nil
	}, func(t *testing.T, r recording) {
		var reported []love.Progress
		ctx, cancel := commander.WithTimeout(t.Context(), commandTimeout)
		defer cancel()
		ack, err := r.Execute(commander.WithProgress(ctx, func(p love.Progress) { reported = append(reported, p) }), move)
		require.NoError(t, err)
		require.Equal(t, done, ack)
		require.Equal(t, []love.Progress{progress}, reported)
	})
}

// Each command queues two entries, and nobody lists them.
func TestRecorder_WritesOutcomesInTheBackground(t *testing.T) {
	withRecorder(t, succeeds, func(t *testing.T, r recording) {
		const many = 600
		for range many {
			_, err := r.give(t)
			require.NoError(t, err)
		}
		require.Len(t, r.watched(), 1024, "a full queue is written at once")
		time.Sleep(10 * time.Millisecond)
		synctest.Wait()
		require.Len(t, r.watched(), 2*many)
	})
}

func TestRecorder_WatchersAreNotifiedUntilTheyCancel(t *testing.T) {
	withRecorder(t, succeeds, func(t *testing.T, r recording) {
		var ids []string
		cancel := r.Watch(func(e love.CommandEntry) { ids = append(ids, e.ID) })
		_, err := r.give(t)
		require.NoError(t, err)
		id := r.onlyEntry(t).ID
		cancel()
		_, err = r.give(t)
		require.NoError(t, err)
		require.Len(t, r.entries(t), 2)
		require.Equal(t, []string{id, id}, ids)
	})
}

func TestRecorder_ChecksWithTheWrappedCommander(t *testing.T) {
	r := record.New(&lovetest.Commander{}, record.NewMemory(0))
	defer r.Close(t.Context())
	ack, err := r.Check(t.Context(), move)
	require.NoError(t, err)
	require.Equal(t, love.Ack{Text: commander.Unchecked}, ack)

	outer := record.New(checked{}, record.NewMemory(0))
	defer outer.Close(t.Context())
	_, err = outer.Check(t.Context(), move)
	require.Equal(t, commander.Refuse("no cmd_move"), err)
	entries, err := outer.List(t.Context(), love.CommandFilter{})
	require.NoError(t, err)
	require.Empty(t, entries, "a check is not recorded")
}

// checked is a commander that refuses everything.
type checked struct{ commander.Commander }

func (checked) Check(_ context.Context, c commander.Call) (love.Ack, error) {
	return love.Ack{}, commander.Refuse("no %s", c.Name)
}

func TestRecorder_RecordsRefusedCommands(t *testing.T) {
	withRecorder(t, nil, func(t *testing.T, r recording) {
		forbidden := &commander.Error{Kind: commander.Forbidden, Text: "not allowed"}
		r.Refuse(t.Context(), commander.Call{
			Command: love.Command{Identity: "ana@summit"}, Posted: json.RawMessage(`{"anything":1}`), User: "ana",
		}, forbidden)
		e := r.onlyEntry(t)
		require.Equal(t, love.CommandOutcome{State: love.CommandRefused, Status: 403, Result: "not allowed"}, e.CommandOutcome)
		require.JSONEq(t, `{"anything":1}`, string(e.Params), "a request that is not a command is kept whole")
		require.Equal(t, "ana", e.User)
		require.Equal(t, "ana@summit", e.Identity)
		require.Equal(t, []love.CommandState{love.CommandRefused}, r.watched())
	})
}

func TestRecorder_RecordsARefusalEvenIfTheClientHasHungUp(t *testing.T) {
	withRecorder(t, nil, func(t *testing.T, r recording) {
		ctx, hangUp := context.WithCancel(t.Context())
		hangUp()
		r.Refuse(ctx, move, &commander.Error{Kind: commander.Forbidden, Text: "not allowed"})
		require.Equal(t, love.CommandRefused, r.onlyEntry(t).State)
	})
}

func TestRecorder_IDsSortByTime(t *testing.T) {
	withRecorder(t, succeeds, func(t *testing.T, r recording) {
		for range 2 { // at the same time of the clock
			_, err := r.give(t)
			require.NoError(t, err)
		}
		for i, e := range r.entries(t) {
			require.Len(t, record.FirstID(e.Time), 16)
			require.Less(t, record.FirstID(e.Time), e.ID)
			require.Greater(t, record.FirstID(e.Time.Add(1)), e.ID)
			require.Equal(t, time.Duration(i), time.Since(e.Time)*-1)
		}
	})
}

// steppedClock is a clock that the test sets back.
type steppedClock struct {
	love.Clock
	now time.Time
}

func (c *steppedClock) Now() time.Time { return c.now }

func TestRecorder_UsesAClockThatWasSetBack(t *testing.T) {
	clock := &steppedClock{now: time.Date(2026, 3, 14, 2, 0, 0, 0, time.UTC)}
	withRecorder(t, succeeds, func(t *testing.T, r recording) {
		for range 2 {
			_, err := r.give(t)
			require.NoError(t, err)
			clock.now = clock.now.Add(-time.Hour)
		}
		entries, err := r.List(t.Context(), love.CommandFilter{Until: time.Date(2026, 3, 14, 1, 30, 0, 0, time.UTC)})
		require.NoError(t, err)
		require.Len(t, entries, 1)
	}, record.WithClock(clock))
}

func TestRecorder_IsACommander(t *testing.T) {
	named := func(name string) commander.Call {
		c := move
		c.Name = name
		return c
	}
	lovetest.RunCommander(t, func(t *testing.T) lovetest.CommanderSetup {
		r := record.New(&lovetest.Commander{Answer: func(ctx context.Context, c commander.Call) (love.Ack, error) {
			switch c.Name {
			case "cmd_fail":
				return love.Ack{Text: "Failed: no power", Code: love.AckFailed}, nil
			case "cmd_wrong":
				return love.Ack{}, commander.Refuse("there is no %s", c.Name)
			case "cmd_hang":
				return hangs(ctx, c)
			}
			commander.Report(ctx, love.Progress{Code: 301, Name: "CMD_INPROGRESS"})
			return done, nil
		}}, record.NewMemory(0))
		t.Cleanup(func() {
			over, cancel := context.WithCancel(context.Background())
			cancel()
			r.Close(over)
		})
		return lovetest.CommanderSetup{
			Commander: r,
			Succeeds:  move, Progress: move, Fails: named("cmd_fail"), Refused: named("cmd_wrong"), Hangs: named("cmd_hang"),
		}
	})
}
