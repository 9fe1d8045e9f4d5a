package server_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/audit"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/auth/password"
	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/commander/record"
	"github.com/rubin-love/love-go/love/server"
)

// fullStorage is a storage whose disk is full until a moment: it can be read only.
type fullStorage struct {
	server.Storage
	until time.Time
}

func (f *fullStorage) err() error {
	if time.Now().Before(f.until) {
		return errors.Join(auth.ErrUnavailable, errors.New("disk full"))
	}
	return nil
}

func (f *fullStorage) Commands() record.Store { return fullRecord{f.Storage.Commands(), f} }
func (f *fullStorage) AuditLog() audit.Log    { return fullAudit{f.Storage.AuditLog(), f} }
func (f *fullStorage) Users() auth.UserStore  { return fullUsers{f.Storage.Users(), f} }

type fullRecord struct {
	record.Store
	full *fullStorage
}

func (r fullRecord) Interrupted(ctx context.Context, manager string, before time.Time, waiting ...string) (int, error) {
	if err := r.full.err(); err != nil {
		return 0, err
	}
	return r.Store.Interrupted(ctx, manager, before, waiting...)
}

func (r fullRecord) Prune(ctx context.Context, before time.Time) (int, error) {
	if err := r.full.err(); err != nil {
		return 0, err
	}
	return r.Store.Prune(ctx, before)
}

type fullAudit struct {
	audit.Log
	full *fullStorage
}

func (a fullAudit) Record(ctx context.Context, r audit.Record) error {
	if err := a.full.err(); err != nil {
		return err
	}
	return a.Log.Record(ctx, r)
}

type fullUsers struct {
	auth.UserStore
	full *fullStorage
}

func (u fullUsers) CreateAccount(ctx context.Context, a auth.Account) error {
	if err := u.full.err(); err != nil {
		return err
	}
	return u.UserStore.CreateAccount(ctx, a)
}

func TestWhatIsDoneOnceAtStartIsTriedAgainUntilItIsDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		storage := &fullStorage{server.NewMemory(love.SystemClock{}), time.Now().Add(25 * time.Second)}
		entry := func(id string, at time.Time) love.CommandEntry {
			return love.CommandEntry{ID: record.FirstID(at) + id, Time: at, Manager: "manager", CommandOutcome: love.CommandOutcome{State: love.CommandPending}}
		}
		open := storage.Storage.Commands()
		require.NoError(t, open.Begin(t.Context(), entry("last", time.Now().Add(-time.Minute))))
		require.NoError(t, open.Begin(t.Context(), entry("old", time.Now().Add(-time.Hour))))
		var log bytes.Buffer
		release := make(chan struct{})
		s, err := server.New(t.Context(), server.Config{
			Storage: storage, ServerURL: "x", CommandRetention: 30 * time.Minute, Passwords: map[string]string{"admin": "secret"},
			Commander: commander.Func(func(context.Context, commander.Call) (love.Ack, error) {
				<-release
				return love.Ack{Text: love.Done}, nil
			}), Logger: slog.New(slog.NewTextHandler(&log, nil)),
		})
		require.NoError(t, err)
		require.NoError(t, open.Begin(t.Context(), entry("this run", time.Now())))
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- s.Run(ctx) }()

		states := func() (all []love.CommandState) {
			entries, err := open.List(t.Context(), love.CommandFilter{})
			require.NoError(t, err)
			for _, e := range entries {
				all = append(all, e.State)
			}
			return all
		}
		time.Sleep(24 * time.Second)
		require.Equal(t, []love.CommandState{love.CommandPending, love.CommandPending, love.CommandPending}, states())
		_, err = s.Users().Lookup(t.Context(), "admin")
		require.ErrorIs(t, err, auth.ErrUnknownUser)
		time.Sleep(10 * time.Second)
		require.Equal(t, []love.CommandState{love.CommandPending, love.CommandUnknown, love.CommandUnknown}, states(), "those of this run stay")
		_, err = s.Users().Authenticate(t.Context(), "admin", "secret")
		require.NoError(t, err)
		records, err := storage.AuditLog().Records(t.Context(), 10)
		require.NoError(t, err)
		require.Len(t, records, 1)
		time.Sleep(time.Minute)
		require.Len(t, states(), 2, "pruned")
		stop()
		require.NoError(t, <-ended)
		for _, line := range []string{
			"the commands that the last run left open could not be marked in the record, it is tried again", "the commands that the last run left open are marked in the record",
			"the default users could not be added and recorded, it is tried again", "the default users are added and recorded",
			"the record of commands could not be pruned", "the record of commands is pruned again",
		} {
			require.Equal(t, 1, strings.Count(log.String(), `"`+line+`"`), "%s: %s", line, log.String())
		}
		close(release)
		require.NoError(t, s.Close(t.Context()))
	})
}

func TestDefaultUsersAreRecordedEvenIfTheDiskFillsInBetween(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		storage := &fullStorage{server.NewMemory(love.SystemClock{}), time.Now().Add(5 * time.Second)}
		s, err := server.New(t.Context(), server.Config{
			Storage: storage, Users: auth.NewUsers(storage.Storage.Users(), password.New(password.WithCost(8, 1))), ServerURL: "x", Passwords: map[string]string{"admin": "secret", "user": "secret"},
		})
		require.NoError(t, err)
		_, err = s.Users().Lookup(t.Context(), "admin")
		require.NoError(t, err)
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- s.Run(ctx) }()
		time.Sleep(11 * time.Second)
		records, err := storage.AuditLog().Records(t.Context(), 10)
		require.NoError(t, err)
		require.Len(t, records, 2)
		stop()
		require.NoError(t, <-ended)
		require.NoError(t, s.Close(t.Context()))
	})
}
