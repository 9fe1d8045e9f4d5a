package manager_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/manager"
)

// observer keeps what it is notified of.
type observer struct {
	mu       sync.Mutex
	commands []love.CommandState
	logIns   []manager.LogInOutcome
	took     []time.Duration
}

func (o *observer) Commanded(s love.CommandState, took time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.commands, o.took = append(o.commands, s), append(o.took, took)
}

func (o *observer) LoggedIn(s manager.LogInOutcome, took time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.logIns, o.took = append(o.logIns, s), append(o.took, took)
}

func (o *observer) take() (commands []love.CommandState, logIns []manager.LogInOutcome, took []time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	commands, logIns, took = o.commands, o.logIns, o.took
	o.commands, o.logIns, o.took = nil, nil, nil
	return commands, logIns, took
}

func TestAnObserverIsNotifiedOfEachCommandAndItsTime(t *testing.T) {
	o := new(observer)
	var result func() (love.Ack, error)
	var h *harness
	h = newHarness(t, func(c *manager.Config) {
		c.Observer = o
		c.Commander = commander.Func(func(context.Context, commander.Call) (love.Ack, error) {
			h.clock.Advance(3 * time.Second)
			return result()
		})
	})
	token := h.token("cmd_user")
	seen := map[love.CommandState]bool{}
	for _, c := range []struct {
		ack  love.Ack
		err  error
		want love.CommandState
	}{
		{love.Ack{Code: love.AckComplete, Text: love.Done}, nil, love.CommandDone},
		{love.Ack{Code: love.AckFailed, Text: "Failed: no power"}, nil, love.CommandFailed},
		{love.Ack{}, &commander.Error{Kind: commander.TimedOut}, love.CommandTimedOut},
		{love.Ack{}, context.DeadlineExceeded, love.CommandTimedOut},
		{love.Ack{}, errors.New("lost"), love.CommandUnknown},
		{love.Ack{}, &commander.Error{Kind: commander.Awaiting}, love.CommandAwaiting},
		{love.Ack{}, commander.Refuse("no field 7"), love.CommandRefused},
		{love.Ack{}, &commander.Error{Kind: commander.NotSent}, love.CommandRefused},
	} {
		result = func() (love.Ack, error) { return c.ack, c.err }
		h.call("POST", "/manager/api/cmd/", `{"csc":"ATDome","salindex":0,"cmd":"cmd_open","params":{}}`, as(token))
		commands, _, took := o.take()
		require.Equal(t, []love.CommandState{c.want}, commands)
		require.Equal(t, []time.Duration{3 * time.Second}, took)
		seen[c.want] = true
	}
	require.Len(t, seen, len(manager.CommandOutcomes()))

	require.Equal(t, http.StatusBadRequest, h.call("POST", "/manager/api/cmd/", `{"csc":"ATDome"}`, as(token)).StatusCode)
	commands, _, _ := o.take()
	require.Equal(t, []love.CommandState{love.CommandRefused}, commands)
}

func TestAnObserverIsNotifiedOfEachLogIn(t *testing.T) {
	o, users := new(observer), (*brokenLogIn)(nil)
	h := newHarness(t, func(c *manager.Config) {
		users = &brokenLogIn{Authenticator: c.Authenticator}
		c.Observer, c.Authenticator, c.Directory = o, users, c.Users
		c.LogInLimits = auth.LogInLimits{UserTries: 1, AddressTries: 100}
	})
	for _, c := range []struct {
		user, password string
		broken         error
		want           []manager.LogInOutcome
	}{
		{"admin", "secret of admin", nil, []manager.LogInOutcome{manager.LogInDone}},
		{"admin", "guess", nil, []manager.LogInOutcome{manager.LogInWrong}},
		{"admin", "guess", nil, []manager.LogInOutcome{manager.LogInLimited}},
		{"user", "secret of user", errors.New("the directory is away"), []manager.LogInOutcome{manager.LogInFailed}},
		{"", "x", nil, nil},
	} {
		users.err = c.broken
		h.call("POST", "/manager/api/get-token/", `{"username":"`+c.user+`","password":"`+c.password+`"}`)
		_, logIns, _ := o.take()
		require.Equal(t, c.want, logIns, c.user)
	}
}

// brokenLogIn is an authenticator that can fail.
type brokenLogIn struct {
	auth.Authenticator
	err error
}

func (b *brokenLogIn) Authenticate(ctx context.Context, username, password string) (auth.User, error) {
	if b.err != nil {
		return auth.User{}, b.err
	}
	return b.Authenticator.Authenticate(ctx, username, password)
}

func TestWithoutMetricsThereIsNoSuchPath(t *testing.T) {
	require.Equal(t, http.StatusNotFound, newHarness(t).call("GET", "/metrics", "").StatusCode)
	h := newHarness(t, func(c *manager.Config) {
		c.Metrics = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("up 1\n")) })
	})
	require.Equal(t, "up 1\n", h.call("GET", "/metrics", "").body)
}
