package commanderhttp_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/commander/commanderhttp"
	"github.com/rubin-love/love-go/love/lovetest"
)

// device does what the name of the command says.
type device struct{}

func (d device) Execute(ctx context.Context, c commander.Call) (love.Ack, error) {
	switch c.Name {
	case "cmd_fail":
		return love.Ack{Text: "Failed: no power", Code: -302}, nil
	case "cmd_hang":
		<-ctx.Done()
		return love.Ack{}, context.Cause(ctx)
	case "cmd_progress":
		commander.Report(ctx, love.Progress{Code: 301, Name: "CMD_INPROGRESS"})
	}
	if _, err := d.Check(ctx, c); err != nil {
		return love.Ack{}, err
	}
	return love.Ack{Text: love.Done, Code: 303}, nil
}

func (device) Check(_ context.Context, c commander.Call) (love.Ack, error) {
	if c.Name == "cmd_wrong" {
		return love.Ack{}, commander.Refuse("there is no %s", c.Name)
	}
	return love.Ack{Text: commander.WouldSend}, nil
}

func TestClient_IsACommander(t *testing.T) {
	named := func(name string) commander.Call {
		return commander.Call{Command: love.Command{CSC: "Lamp", Name: name, Identity: "ana@host"}}
	}
	lovetest.RunCommander(t, func(t *testing.T) lovetest.CommanderSetup {
		executed := &lovetest.Commander{Answer: device{}.Execute}
		server := httptest.NewServer(commanderhttp.NewHandler(commanderhttp.Backend{Commander: struct {
			commander.Commander
			commander.Checker
		}{executed, device{}}}))
		var way sync.RWMutex // held while it is blocked
		c, err := commanderhttp.New(server.URL, commanderhttp.WithTransport(&http.Transport{
			DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
				way.RLock()
				defer way.RUnlock()
				return (&net.Dialer{}).DialContext(ctx, network, address)
			},
		}))
		require.NoError(t, err)
		t.Cleanup(func() { c.Close(); server.Close() })
		return lovetest.CommanderSetup{
			Commander: c,
			Block: func() (release func()) {
				way.Lock()
				return way.Unlock
			},
			Executed: func() int { return len(executed.Calls()) },
			Succeeds: named("cmd_on"), Fails: named("cmd_fail"), Refused: named("cmd_wrong"), Hangs: named("cmd_hang"), Progress: named("cmd_progress"),
		}
	})
}
