package authority_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/commander/authority"
	"github.com/rubin-love/love-go/love/commander/commanderhttp"
	"github.com/rubin-love/love-go/love/commander/record"
	"github.com/rubin-love/love-go/love/lovetest"
)

// harness is an authority over a recorder over a commander that executes every
// command.
type harness struct {
	*authority.Authority
	recorder  *record.Recorder
	commander *lovetest.Commander
	changes   atomic.Int32 // how often the watchers were notified
}

// withAuthority runs body in a bubble with an authority.
func withAuthority(t *testing.T, body func(t *testing.T, g *harness), opts ...authority.Option) {
	synctest.Test(t, func(t *testing.T) {
		g := &harness{commander: &lovetest.Commander{}}
		g.recorder = record.New(g.commander, record.NewMemory(0), record.WithStatus(commanderhttp.Status))
		defer g.recorder.Close(t.Context())
		g.Authority = authority.New(g.recorder, append(opts, authority.WithRecorder(g.recorder))...)
		defer g.Watch(func() { g.changes.Add(1) })()
		body(t, g)
	})
}

// recorded returns the outcomes of all commands, the first one first.
func (g *harness) recorded(t *testing.T) (outcomes []love.CommandOutcome) {
	t.Helper()
	entries, err := g.recorder.List(t.Context(), love.CommandFilter{Limit: love.MaxCommandPage})
	require.NoError(t, err)
	for _, e := range slices.Backward(entries) {
		outcomes = append(outcomes, e.CommandOutcome)
	}
	return outcomes
}

func (g *harness) held(t *testing.T) []love.Hold {
	t.Helper()
	held, err := g.Holds()
	require.NoError(t, err)
	return held
}

// run runs the authority until the returned function is called.
func (g *harness) run(t *testing.T) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- g.Run(ctx) }()
	synctest.Wait()
	return func() {
		cancel()
		require.ErrorIs(t, <-ended, context.Canceled)
	}
}

// The outcomes of a command.
const (
	executed  = "executed"
	forbidden = "forbidden"
	awaiting  = "awaiting approval"
	busy      = "busy"
)

// outcomeOf returns the outcome of a command, from the error that its caller got.
func outcomeOf(err error) string {
	if err == nil {
		return executed
	}
	return commander.ErrorOf(err, "").Kind.String()
}

// give gives a user's command and returns its outcome.
func (g *harness) give(t *testing.T, user, csc, name string) string {
	ack, err := g.Execute(t.Context(), call(user, csc, name))
	require.Equal(t, err == nil, ack.Succeeded())
	return outcomeOf(err)
}

// check returns what the outcome would be.
func (g *harness) check(t *testing.T, user, csc, name string) string {
	sent, recorded := len(g.commander.Calls()), len(g.recorded(t))
	_, err := g.Check(t.Context(), call(user, csc, name))
	require.Len(t, g.commander.Calls(), sent)
	require.Len(t, g.recorded(t), recorded)
	return outcomeOf(err)
}

func call(user, csc, name string) commander.Call {
	return commander.Call{
		Command: love.Command{CSC: csc, SalIndex: 1, Name: "cmd_" + name, Params: json.RawMessage(`{}`), Identity: user + "@host"},
		User:    user,
	}
}

func TestAuthority_IsOffUntilSomebodyTakesIt(t *testing.T) {
	withAuthority(t, func(t *testing.T, g *harness) {
		require.Equal(t, executed, g.give(t, "ana", "ATDome", "moveAzimuth"))
		incomplete := commander.Call{Command: love.Command{Identity: "ana@host"}, Posted: json.RawMessage(`{"anything":1}`), User: "ana"}
		_, err := g.Execute(t.Context(), incomplete)
		require.NoError(t, err)
		require.Equal(t, incomplete, g.commander.Calls()[1], "nothing is checked")
		require.Zero(t, g.changes.Load())
	})
}

func TestAuthority_ExcludesOthersUntilItEnds(t *testing.T) {
	withAuthority(t, func(t *testing.T, g *harness) {
		h, err := g.Take(t.Context(), "ana", "ATDome", time.Hour)
		require.NoError(t, err)
		require.Equal(t, love.Hold{ID: h.ID, Pattern: "ATDome", User: "ana", Since: time.Now(), Until: time.Now().Add(time.Hour)}, h)
		require.Equal(t, executed, g.give(t, "ana", "ATDome", "moveAzimuth"))
		require.Equal(t, executed, g.give(t, "ben", "MTMount", "stop"))
		require.Equal(t, forbidden, g.give(t, "ben", "ATDome", "moveAzimuth"))
		require.Equal(t, forbidden, g.check(t, "ben", "ATDome", "moveAzimuth"))
		require.Equal(t, executed, g.check(t, "ana", "ATDome", "moveAzimuth"))
		require.Equal(t, love.CommandOutcome{
			State: love.CommandRefused, Status: 403,
			Result: `ana holds the authority over ATDome until 01:00:00 UTC. Nothing was sent: ask ana, or an administrator, to release it.`,
		}, g.recorded(t)[2])
		time.Sleep(time.Hour)
		require.Equal(t, executed, g.give(t, "ben", "ATDome", "moveAzimuth"))
	})
}

func TestAuthority_RefusesIncompleteCommandsIfThereAreHoldsOrPatterns(t *testing.T) {
	incomplete := commander.Call{Command: love.Command{Identity: "ben@host"}, Posted: json.RawMessage(`{"anything":1}`), User: "ben"}
	refused := commander.Refuse(`While authority is held or approval is needed, only complete commands are sent: reading the command: "csc" is missing; a command has "csc", "salindex", "cmd" and "params"`)
	withAuthority(t, func(t *testing.T, g *harness) {
		_, err := g.Take(t.Context(), "ana", "ATDome", time.Hour)
		require.NoError(t, err)
		_, err = g.Execute(t.Context(), incomplete)
		require.Equal(t, refused, err)
		_, err = g.Check(t.Context(), incomplete)
		require.Equal(t, refused, err)
		require.Empty(t, g.commander.Calls())
		require.Equal(t, []love.CommandOutcome{{State: love.CommandRefused, Status: 400, Result: refused.Text}}, g.recorded(t))
	})
	withAuthority(t, func(t *testing.T, g *harness) {
		_, err := g.Execute(t.Context(), incomplete)
		require.Equal(t, refused, err)
		require.Empty(t, g.commander.Calls())
	}, authority.WithApproval("MTMount"))
}

func TestAuthority_IsReleasedByItsHolderOrAnAdministrator(t *testing.T) {
	withAuthority(t, func(t *testing.T, g *harness) {
		for _, c := range []struct {
			user  string
			admin bool
			err   error
		}{{"ben", false, authority.ErrNotYours}, {"ben", true, nil}, {"ana", false, nil}} {
			h, err := g.Take(t.Context(), "ana", "ATDome:*:move*", time.Hour)
			require.NoError(t, err)
			released, err := g.Release(t.Context(), h.ID, c.user, c.admin)
			require.ErrorIs(t, err, c.err)
			if err == nil {
				require.Equal(t, h, released)
			}
		}
		_, err := g.Release(t.Context(), "x", "ana", true)
		require.ErrorIs(t, err, authority.ErrNotFound)
		require.Empty(t, g.held(t))
	})
}

func TestAuthority_RefusesAnOverlappingHoldAndProlongsTheSame(t *testing.T) {
	withAuthority(t, func(t *testing.T, g *harness) {
		_, err := g.Take(t.Context(), "ana", "MT*:1", time.Hour)
		require.NoError(t, err)
		_, err = g.Take(t.Context(), "ben", "MTMount", time.Hour)
		require.ErrorIs(t, err, authority.ErrHeld)
		_, err = g.Take(t.Context(), "ben", "MTMount:2", time.Hour)
		require.NoError(t, err)
		h, err := g.Take(t.Context(), "ana", "MT*:1", 2*time.Hour)
		require.NoError(t, err)
		require.Equal(t, time.Now().Add(2*time.Hour), h.Until)
		require.Len(t, g.held(t), 2)
		for _, d := range []time.Duration{13 * time.Hour, 0, -time.Hour} {
			_, err = g.Take(t.Context(), "ana", "ATDome", d)
			require.ErrorIs(t, err, authority.ErrHoldTime)
			require.ErrorContains(t, err, "up to 12h0m0s")
		}
	})
}

// brokenStore cannot be read.
type brokenStore struct{ authority.Store }

func (brokenStore) Held() ([]love.Hold, error) { return nil, errors.New("disk on fire") }

func TestAuthority_SendsNothingWhileTheHoldsAreUnknown(t *testing.T) {
	withAuthority(t, func(t *testing.T, g *harness) {
		require.Equal(t, busy, g.give(t, "ana", "ATDome", "moveAzimuth"))
		require.Equal(t, busy, g.check(t, "ana", "ATDome", "moveAzimuth"))
		outcome := g.recorded(t)[0]
		require.Equal(t, love.CommandRefused, outcome.State)
		require.Equal(t, 503, outcome.Status)
		require.Contains(t, outcome.Result, "it cannot be known at the moment who holds authority")
		_, err := g.Approve(t.Context(), "x", "ben")
		unknown := commander.ErrorOf(err, "")
		require.Equal(t, commander.Busy, unknown.Kind)
		require.Equal(t, time.Second, unknown.RetryAfter)
		require.NotContains(t, unknown.Text, "disk")
		require.Empty(t, g.commander.Calls())
	}, authority.WithStore(brokenStore{}))
}

func TestAuthority_IsSharedByAllWithTheSameStore(t *testing.T) {
	shared := authority.NewMemory()
	withAuthority(t, func(t *testing.T, g *harness) {
		stop := g.run(t)
		other := authority.New(nil, authority.WithStore(shared))
		h, err := other.Take(t.Context(), "ben", "ATDome", time.Hour)
		require.NoError(t, err)
		synctest.Wait()
		require.EqualValues(t, 1, g.changes.Load())
		require.Equal(t, forbidden, g.give(t, "ana", "ATDome", "moveAzimuth"))
		_, err = g.Take(t.Context(), "ana", "AT*", time.Hour)
		require.ErrorIs(t, err, authority.ErrHeld)
		_, err = g.Release(t.Context(), h.ID, "ben", false)
		require.NoError(t, err)
		require.Equal(t, executed, g.give(t, "ana", "ATDome", "moveAzimuth"))
		stop()
	}, authority.WithStore(shared))
}

func TestAuthority_RunNotifiesTheWatchersOfEnds(t *testing.T) {
	withAuthority(t, func(t *testing.T, g *harness) {
		stop := g.run(t)
		_, err := g.Take(t.Context(), "ana", "ATDome", time.Hour)
		require.NoError(t, err)
		synctest.Wait()
		require.EqualValues(t, 1, g.changes.Load())
		time.Sleep(time.Hour)
		synctest.Wait()
		require.EqualValues(t, 2, g.changes.Load())

		var more atomic.Int32
		cancel := g.Watch(func() { more.Add(1) })
		require.Equal(t, awaiting, g.give(t, "ana", "ATDome", "openShutter"))
		synctest.Wait()
		require.EqualValues(t, 3, g.changes.Load())
		cancel()
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		require.EqualValues(t, 4, g.changes.Load())
		require.EqualValues(t, 1, more.Load(), "a watcher that has cancelled is not called")
		require.Equal(t, love.CommandRefused, g.recorded(t)[0].State)
		stop()
	}, authority.WithApproval("ATDome"))
}

// countedStore counts how often it is read, and can be made to fail.
type countedStore struct {
	authority.Store
	fails atomic.Bool
	reads atomic.Int32
}

func (s *countedStore) Held() ([]love.Hold, error) {
	s.reads.Add(1)
	if s.fails.Load() {
		return nil, errors.New("disk on fire")
	}
	return s.Store.Held()
}

func TestAuthority_RunReadsAFailingStoreOnceASecond(t *testing.T) {
	store := &countedStore{Store: authority.NewMemory()}
	withAuthority(t, func(t *testing.T, g *harness) {
		_, err := g.Take(t.Context(), "ana", "ATDome", time.Minute)
		require.NoError(t, err)
		stop := g.run(t)
		store.fails.Store(true)
		reads := store.reads.Load()
		time.Sleep(2 * time.Minute)
		require.LessOrEqual(t, store.reads.Load()-reads, int32(65), "once a second since the hold has ended")
		stop()
	}, authority.WithStore(store))
}

func TestAuthority_UsesItsClock(t *testing.T) {
	at := time.Date(2026, 3, 14, 1, 59, 26, 0, time.UTC)
	clock := lovetest.NewClock(at)
	a := authority.New(&lovetest.Commander{}, authority.WithClock(clock))
	h, err := a.Take(t.Context(), "ana", "ATDome", time.Hour)
	require.NoError(t, err)
	require.Equal(t, at.Add(time.Hour), h.Until)
	_, err = a.Execute(t.Context(), call("ben", "ATDome", "stop"))
	require.Equal(t, forbidden, outcomeOf(err))
	clock.Advance(time.Hour)
	_, err = a.Execute(t.Context(), call("ben", "ATDome", "stop"))
	require.Equal(t, executed, outcomeOf(err))
}

func TestMemory(t *testing.T) {
	lovetest.RunHolds(t, func(*testing.T) lovetest.Stored[authority.Store] {
		return lovetest.Stored[authority.Store]{Store: authority.NewMemory()}
	})
}

func TestAuthority_IsACommander(t *testing.T) {
	lovetest.RunCommander(t, func(t *testing.T) lovetest.CommanderSetup {
		a := authority.New(&lovetest.Commander{Answer: func(ctx context.Context, c commander.Call) (love.Ack, error) {
			switch c.Name {
			case "cmd_fail":
				return love.Ack{Text: "Failed: no power", Code: love.AckFailed}, nil
			case "cmd_hang":
				<-ctx.Done()
				return love.Ack{}, context.Cause(ctx)
			}
			commander.Report(ctx, love.Progress{Code: 301, Name: "CMD_INPROGRESS"})
			return love.Ack{Text: love.Done}, nil
		}})
		_, err := a.Take(t.Context(), "ana", "ATDome", time.Hour)
		require.NoError(t, err)
		return lovetest.CommanderSetup{
			Commander: a,
			Succeeds:  call("ana", "ATDome", "stop"), Progress: call("ben", "MTDome", "stop"),
			Fails: call("ana", "ATDome", "fail"), Hangs: call("ana", "ATDome", "hang"),
			Refused: commander.Call{User: "ana", Posted: json.RawMessage(`{}`)},
		}
	})
}
