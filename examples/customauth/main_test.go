package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/client"
	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/lovetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	move = love.Command{CSC: "ATDome", Name: "cmd_moveAzimuth", Params: []byte(`{"azimuth":90}`)}
	stop = love.Command{CSC: "ATDome", Name: "cmd_stopMotion"}
)

func TestABadgeHolderCommandsAndIsRecorded(t *testing.T) {
	dome := &lovetest.Commander{Answer: moveDome} // remembers what it gets
	url, _ := start(t, dome)
	_, err := client.Login(t.Context(), url, "ada", "1816")
	require.ErrorIs(t, err, client.ErrCredentials)

	ada := logIn(t, url, "ada", "1815")
	ack, err := ada.Command(t.Context(), move)
	require.NoError(t, err)
	require.True(t, ack.Succeeded(), ack.Text)
	require.Equal(t, "ada", dome.Calls()[0].User)

	for entry, err := range ada.Commands(t.Context(), love.CommandFilter{Limit: 1}) { // newest first
		require.NoError(t, err)
		require.Equal(t, "ada", entry.User)
		require.Equal(t, "cmd_moveAzimuth", entry.Command)
		require.Equal(t, love.CommandDone, entry.State)
	}
}

func TestABadgeSaysWhatItsOwnerMayCommand(t *testing.T) {
	dome := &lovetest.Commander{}
	url, _ := start(t, dome)
	henry, guest := logIn(t, url, "henry", "1868"), logIn(t, url, "guest", "0000")

	_, err := henry.Command(t.Context(), move)
	require.NoError(t, err)
	requireForbidden(t, henry, stop)
	requireForbidden(t, guest, move)
	require.Len(t, dome.Calls(), 1, "what is forbidden does not reach the commander")
}

func TestTakingABadgeBackDisconnectsItsOwner(t *testing.T) {
	url, takeBack := start(t, nil)
	ada, henry := logIn(t, url, "ada", "1815"), logIn(t, url, "henry", "1868")
	adaEnded, henryEnded := connect(t, ada), connect(t, henry)

	fmt.Fprintln(takeBack, "ada")
	require.ErrorIs(t, <-adaEnded, client.ErrTokenInvalid, "the open websocket")
	_, err := ada.Command(t.Context(), move)
	require.ErrorIs(t, err, client.ErrRefused, "the token")
	_, err = client.Login(t.Context(), url, "ada", "1815")
	require.ErrorIs(t, err, client.ErrCredentials, "a new log-in")

	require.NoError(t, henry.Flush(t.Context()), "others stay")
	require.Empty(t, henryEnded)
}

func TestTheOfficePassesTheSuiteForLogIns(t *testing.T) {
	lovetest.RunAuthenticator(t, func(*testing.T) lovetest.AuthenticatorSetup {
		office := &badgeOffice{badges: map[string]badge{"ada": {pin: "1815"}}}
		return lovetest.AuthenticatorSetup{
			Authenticator: office, Username: "ada", Password: "1815",
			Disable: func(*testing.T) { office.takeBack("ada") },
		}
	})
}

func TestTheDomePassesTheSuiteForCommanders(t *testing.T) {
	turn := func(params string) commander.Call { return lovetest.Call("ATDome", "moveAzimuth", params) }
	lovetest.RunCommander(t, func(*testing.T) lovetest.CommanderSetup {
		return lovetest.CommanderSetup{
			Commander: commander.Func(moveDome),
			Succeeds:  turn(`{"azimuth":90}`),
			Fails:     turn(`{"azimuth":400}`),
			Refused:   turn(`{}`),
		}
	})
}

// start runs the program on a free port until the test ends. A name written to
// takeBack loses its badge.
func start(t *testing.T, way commander.Commander) (url string, takeBack io.Writer) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	names, w := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, listener, way, names) }()
	t.Cleanup(func() {
		cancel()
		w.Close()
		require.NoError(t, <-ended)
	})
	return "http://" + listener.Addr().String(), w
}

// logIn returns the client of somebody with a badge.
func logIn(t *testing.T, url, name, pin string) *client.Client {
	login, err := client.Login(t.Context(), url, name, pin)
	require.NoError(t, err)
	c, err := client.New(url, client.WithToken(login.Token))
	require.NoError(t, err)
	return c
}

// connect opens the client's websocket. The result tells why it ended.
func connect(t *testing.T, c *client.Client) <-chan error {
	connected, ended := make(chan struct{}), make(chan error, 1)
	c.OnConnect(func(context.Context) error { close(connected); return nil })
	go func() { ended <- c.Run(t.Context()) }()
	<-connected
	return ended
}

func requireForbidden(t *testing.T, c *client.Client, command love.Command) {
	_, err := c.Command(t.Context(), command)
	var e *commander.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, commander.Forbidden, e.Kind)
}
