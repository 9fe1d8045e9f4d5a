package lovetest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/client"
	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/hub"
	"github.com/rubin-love/love-go/love/lovetest"
	"github.com/rubin-love/love-go/love/producer"
	"github.com/rubin-love/love-go/love/server"
)

// badges is a log-in of a team's own: everybody has the PIN 1815 and may command.
type badges struct{}

func (b badges) Authenticate(ctx context.Context, name, pin string) (auth.User, error) {
	if pin != "1815" {
		return auth.User{}, auth.ErrCredentials
	}
	return b.Lookup(ctx, name)
}

func (badges) Lookup(_ context.Context, name string) (auth.User, error) {
	return auth.User{Username: name, Permissions: []auth.Permission{auth.ExecuteCommand}}, nil
}

func TestAManagerHasALogInOfYourOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := lovetest.NewManager(t, lovetest.InProcess(), lovetest.WithConfig(func(c *server.Config) { c.Authenticator = badges{} }))
		ack, err := m.LogIn("ada", "1815").Command(t.Context(), lovetest.Call("ATDome", "stop", "").Command)
		require.NoError(t, err)
		require.True(t, ack.Succeeded())
		require.Equal(t, "ada", m.Commander.Calls()[0].User)
	})
	text := failureOf(t, func(t testing.TB) {
		lovetest.NewManager(t, lovetest.WithConfig(func(c *server.Config) { c.Authenticator = badges{} })).LogIn("ada", "1816")
	})
	require.Contains(t, text, "lovetest: log in as ada: user name or password is wrong")
}

func TestAManagerHasAGateOfYourOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := lovetest.NewManager(t, lovetest.InProcess(), lovetest.WithConfig(func(c *server.Config) {
			c.Gate = hub.GateFunc(func(r *http.Request) (auth.Principal, error) {
				return auth.Principal{User: auth.User{Username: "user"}}, nil
			})
			c.Page = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "our page") })
		}))
		resp, err := m.HTTP.Get(m.URL)
		require.NoError(t, err)
		page, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, "our page", string(page))

		c := m.Client() // without a credential
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- c.Run(ctx) }()
		synctest.Wait()
		x := lovetest.Subscribe(t, c, "event-Rack-1-doors")
		m.Publish(love.Message{Category: love.CategoryEvent, Data: []love.Item{{
			CSC: "Rack", SalIndex: love.Index(1), Streams: []love.Stream{{Name: "doors", Value: love.RawValue(`[{"open":1}]`)}},
		}}})
		x.Next("event-Rack-1-doors")
		stop()
		require.NoError(t, <-ended)
	})
}

// factory is a commander that also is everything else that a commander may be.
type factory struct{}

func (factory) Execute(context.Context, commander.Call) (love.Ack, error) {
	return commander.Failed("closed"), nil
}

func (factory) Check(context.Context, commander.Call) (love.Ack, error) {
	return love.Ack{Text: commander.WouldSend}, nil
}

func (factory) TopicNames(context.Context, string) (json.RawMessage, error) {
	return json.RawMessage(`{"Factory":{}}`), nil
}

func (factory) TopicData(context.Context, string) (json.RawMessage, error) {
	return json.RawMessage(`{"Factory":{"command_data":{}}}`), nil
}

func (factory) Heartbeat(context.Context) (time.Time, error) { return time.Now(), nil }

func (factory) WriteObservingLog(context.Context, love.ObservingLog) (love.Ack, error) {
	return love.Ack{Text: "written"}, nil
}

func TestAManagerRecordsTheCallsOfACommanderOfYourOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := lovetest.NewManager(t, lovetest.InProcess(), lovetest.WithConfig(func(c *server.Config) { c.Commander = factory{} }))
		c := m.LogIn("cmd_user", "cmd_user")
		open := lovetest.Call("Factory", "open", "").Command
		for range 2 { // after a restart, too
			ack, err := c.Command(t.Context(), open)
			require.NoError(t, err)
			require.Equal(t, "Failed: closed", ack.Text)
			ack, err = c.CheckCommand(t.Context(), open)
			require.NoError(t, err)
			require.Contains(t, ack.Text, commander.WouldSend)
			components, err := c.Components(t.Context())
			require.NoError(t, err)
			require.Contains(t, components, "Factory")
			m.Kill()
			m.Start()
		}
		require.Len(t, m.Commander.Calls(), 2)
		beats := m.Subscribe("heartbeat-manager-0-stream")
		lovetest.Wait(beats, "heartbeat-Commander-all-all", func(unix float64) bool { return unix > 0 })
		m.Commander.AnswerWith(love.Ack{Text: love.Done}, nil) // in the place of the factory
		ack, err := c.Command(t.Context(), open)
		require.NoError(t, err)
		require.Equal(t, love.Done, ack.Text)
	})
}

func TestAManagerThatIsConfiguredWrongSaysSo(t *testing.T) {
	for want, change := range map[string]func(c *server.Config){
		"lovetest: start the manager: server.Config.Drain is -1s":           func(c *server.Config) { c.Drain = -time.Second },
		"lovetest: start the manager: server.Config.Authority and Approval": func(c *server.Config) { c.Commander = nil },
	} {
		text := failureOf(t, func(t testing.TB) { lovetest.NewManager(t, lovetest.WithConfig(change)) })
		require.Contains(t, text, want)
	}
	synctest.Test(t, func(t *testing.T) {
		text := failureOf(t, func(t testing.TB) { lovetest.NewManager(t) })
		require.Contains(t, text, "give NewManager the option InProcess()")
	})
	require.Contains(t, failureOf(t, func(t testing.TB) {
		m := lovetest.NewManager(t)
		m.Kill()
		m.Subscribe("event-Rack-1-doors")
	}), "lovetest: the manager is down")
}

// connect is a program under test that makes its own connection to a manager.
func connect(ctx context.Context, url, password string, opts ...client.Option) error {
	c, err := client.New(url, append(opts, client.WithProcessPassword(password), client.WithoutRetry())...)
	if err != nil {
		return err
	}
	rack := producer.NewInstance("Rack", 1)
	if err := rack.Event(ctx, "doors", doors{1}); err != nil {
		return err
	}
	p := producer.NewClient(c)
	p.Add(rack)
	return p.Run(ctx)
}

func TestAProgramReachesAManagerInProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := lovetest.NewManager(t, lovetest.InProcess(), lovetest.WithConfig(func(c *server.Config) { c.ProcessPassword = "another" }))
		require.Equal(t, "another", m.Password)
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- connect(ctx, m.URL, m.Password, m.ClientOptions()...) }()
		m.Next("event-Rack-1-doors")
		stop()
		require.NoError(t, <-ended)

		m.Kill()
		require.Error(t, connect(t.Context(), m.URL, m.Password, m.ClientOptions()...))
	})
	m := lovetest.NewManager(t)
	require.ErrorIs(t, connect(t.Context(), m.URL, "wrong", m.ClientOptions()...), client.ErrRefused)
}
