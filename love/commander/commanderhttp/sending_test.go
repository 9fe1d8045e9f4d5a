package commanderhttp_test

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/pipenet"
	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/commander/commanderhttp"
	"github.com/rubin-love/love-go/love/commander/record"
)

// slowConn is a connection that takes no bytes until it may.
type slowConn struct {
	net.Conn
	may    <-chan struct{}
	closed chan struct{}
	close  sync.Once
}

func (c *slowConn) Write(p []byte) (int, error) {
	select {
	case <-c.may:
		return c.Conn.Write(p)
	case <-c.closed:
		return 0, net.ErrClosed
	}
}

func (c *slowConn) Close() error {
	c.close.Do(func() { close(c.closed) })
	return c.Conn.Close()
}

// Whatever the step at which a command is stuck on its way to the commander: once its
// caller has been answered, it does not leave any more.
func TestClient_NothingLeavesAfterTheTimeLimit(t *testing.T) {
	for name, c := range map[string]struct {
		dial func(ctx context.Context, n *pipenet.Network, back <-chan struct{}) (net.Conn, error)
		want commander.Kind
		text string
	}{
		"a connection that takes long": {func(_ context.Context, n *pipenet.Network, back <-chan struct{}) (net.Conn, error) {
			<-back
			return n.DialContext(context.Background(), "", "")
		}, commander.NotSent, "The commander at commander:5000 could not be reached in time. Nothing was sent: see whether it runs."},
		"a dial that ends with its context": {func(ctx context.Context, n *pipenet.Network, back <-chan struct{}) (net.Conn, error) {
			select {
			case <-back:
				return n.DialContext(ctx, "", "")
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}, commander.NotSent, "The commander at commander:5000 could not be reached in time. Nothing was sent: see whether it runs."},
		// Some of the request may be on its way, but never all of it.
		"a connection that takes no bytes": {func(ctx context.Context, n *pipenet.Network, back <-chan struct{}) (net.Conn, error) {
			conn, err := n.DialContext(ctx, "", "")
			return &slowConn{Conn: conn, may: back, closed: make(chan struct{})}, err
		}, commander.TimedOut, "The commander at commander:5000 did not answer in time. " + commander.UnknownOutcome},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var executed atomic.Int32
				network, back := pipenet.New(), make(chan struct{})
				server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					executed.Add(1)
					respondWith(200, `{"ack": "Done"}`)(w, r)
				})}
				go func() { _ = server.Serve(network) }()
				transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
					return c.dial(ctx, network, back)
				}}
				client, err := commanderhttp.New("commander:5000", commanderhttp.WithTransport(transport))
				require.NoError(t, err)
				recorder := record.New(client, record.NewMemory(0))

				began := time.Now()
				ctx, cancel := commander.WithTimeout(t.Context(), commandTimeout)
				defer cancel()
				long := switchOn // more than is buffered on the way to the connection
				long.Posted = json.RawMessage(`{"csc":"Lamp","params":{"text":"` + strings.Repeat("x", 1<<20) + `"}}`)
				_, err = recorder.Execute(ctx, long)
				require.Equal(t, commandTimeout, time.Since(began))
				failed := commander.ErrorOf(err, "")
				require.Equal(t, c.want, failed.Kind)
				require.Equal(t, c.text, failed.Text)
				synctest.Wait()
				close(back)
				time.Sleep(time.Hour)
				require.Zero(t, executed.Load())

				recorder.Close(t.Context())
				client.Close()
				require.NoError(t, server.Close())
			})
		})
	}
}

// Nobody can tell whether a transport of one's own has sent a request.
func TestClient_ATransportThatReportsNothingMayHaveSentTheCommand(t *testing.T) {
	c, err := commanderhttp.New("commander:5000", commanderhttp.WithTransport(roundTripper(func(r *http.Request) (*http.Response, error) {
		<-r.Context().Done()
		return nil, r.Context().Err()
	})))
	require.NoError(t, err)
	_, err = commander.Within(t.Context(), time.Millisecond, func(ctx context.Context) (love.Ack, error) { return c.Execute(ctx, switchOn) })
	require.Equal(t, commander.TimedOut, commander.ErrorOf(err, "").Kind)
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestClient_ARedirectedCommandDoesNotLeaveAfterTheTimeLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var dialled, executed atomic.Int32
		mux := http.NewServeMux()
		mux.HandleFunc("/cmd/{$}", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Connection", "close")
			http.Redirect(w, r, "/commander/cmd", http.StatusTemporaryRedirect)
		})
		mux.HandleFunc("/commander/cmd", func(http.ResponseWriter, *http.Request) { executed.Add(1) })
		network, back := pipenet.New(), make(chan struct{})
		server := &http.Server{Handler: mux}
		go func() { _ = server.Serve(network) }()
		client, err := commanderhttp.New("commander:5000", commanderhttp.WithTransport(&http.Transport{
			DialContext: func(context.Context, string, string) (net.Conn, error) {
				if dialled.Add(1) > 1 {
					<-back
				}
				return network.DialContext(context.Background(), "", "")
			},
		}))
		require.NoError(t, err)
		recorder := record.New(client, record.NewMemory(0))
		_, err = execute(t, recorder)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		synctest.Wait()
		close(back)
		time.Sleep(time.Hour)
		require.EqualValues(t, 2, dialled.Load())
		require.Zero(t, executed.Load())
		entries, err := recorder.List(t.Context(), love.CommandFilter{})
		require.NoError(t, err)
		require.Equal(t, love.CommandRefused, entries[0].State)
		recorder.Close(t.Context())
		client.Close()
		require.NoError(t, server.Close())
	})
}

// An idle connection is there when the redirect comes, after the time limit: it must not
// be used.
func TestClient_ARedirectAfterTheTimeLimitIsNotFollowed(t *testing.T) {
	var executed, redirected atomic.Int32
	mux := http.NewServeMux()
	mux.HandleFunc("/cmd/{$}", afterBody(func(w http.ResponseWriter, r *http.Request) {
		redirected.Add(1)
		time.Sleep(time.Minute)
		http.Redirect(w, r, "/commander/cmd", http.StatusTemporaryRedirect)
	}))
	mux.HandleFunc("/commander/cmd", func(http.ResponseWriter, *http.Request) { executed.Add(1) })
	withAPI(t, mux, func(t *testing.T, c *commanderhttp.Client, _ *http.Client) {
		recorder := record.New(c, record.NewMemory(0))
		for range 20 {
			_, err := execute(t, recorder)
			require.ErrorIs(t, err, context.DeadlineExceeded)
			time.Sleep(time.Hour)
		}
		require.EqualValues(t, 20, redirected.Load())
		require.Zero(t, executed.Load())
		entries, err := recorder.List(t.Context(), love.CommandFilter{})
		require.NoError(t, err)
		for _, e := range entries {
			require.Equal(t, love.CommandRefused, e.State, "nothing was executed: %+v", e)
		}
		recorder.Close(t.Context())
	})
}

// However much progress they report, commands do not take the places of large answers.
func TestClient_ProgressIsNoLargeAnswer(t *testing.T) {
	line := `{"progress":{"code":301,"result":"` + strings.Repeat("x", 1000) + `"}}` + "\n"
	withAPI(t, pythonCommander(afterBody(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", commanderhttp.ProgressType)
		for range 2000 {
			_, _ = io.WriteString(w, line)
		}
		_ = http.NewResponseController(w).Flush()
		neverAnswer(w, r)
	})), func(t *testing.T, c *commanderhttp.Client, _ *http.Client) {
		ctx, cancel := context.WithCancel(t.Context())
		var reported atomic.Int32
		var running sync.WaitGroup
		for range 10 {
			running.Go(func() {
				_, _ = c.Execute(commander.WithProgress(ctx, func(love.Progress) { reported.Add(1) }), switchOn)
			})
		}
		synctest.Wait()
		require.EqualValues(t, 20_000, reported.Load())
		cancel()
		running.Wait()
	})
}
