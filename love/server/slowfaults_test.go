package server_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/machine"
	"github.com/rubin-love/love-go/internal/pipenet"
	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/client"
	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/commander/commanderhttp"
	"github.com/rubin-love/love-go/love/server"
)

// site is a server and how it is reached.
type site struct {
	t    *testing.T
	url  string
	dial func(ctx context.Context, network, address string) (net.Conn, error)
	http *http.Client
}

// runSite runs a server and the function, then ends the server.
func runSite(t *testing.T, listener net.Listener, dial func(ctx context.Context, network, address string) (net.Conn, error), c server.Config, use func(s *site)) {
	c.ProcessPassword, c.Passwords, c.AllowWeakSecrets = "long and random", map[string]string{"admin": "correct horse"}, true
	c.ServerURL = "summit"
	s, err := server.New(t.Context(), c)
	require.NoError(t, err)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, listener) }()
	transport := &http.Transport{DialContext: dial}
	use(&site{t, "http://server", dial, &http.Client{Transport: transport}})
	transport.CloseIdleConnections()
	stop()
	require.NoError(t, <-ended)
}

func (s *site) options(more ...client.Option) []client.Option {
	return append(more, client.WithDialer(s.dial), client.WithHTTPClient(s.http))
}

// login returns the client of a user, which runs until the context ends.
func (s *site) login(ctx context.Context) (c *client.Client, token string) {
	login, err := client.Login(s.t.Context(), s.url, "admin", "correct horse", s.options()...)
	require.NoError(s.t, err)
	c, err = client.New(s.url, s.options(client.WithToken(login.Token), client.WithoutRetry())...)
	require.NoError(s.t, err)
	go func() { _ = c.Run(ctx) }()
	return c, login.Token
}

func (s *site) status(path, token string) int {
	r, err := http.NewRequestWithContext(s.t.Context(), "GET", s.url+path, nil)
	require.NoError(s.t, err)
	if token != "" {
		r.Header.Set("Authorization", "Token "+token)
	}
	resp, err := s.http.Do(r)
	require.NoError(s.t, err)
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	require.NoError(s.t, err)
	return resp.StatusCode
}

// echo returns what sends a message and waits until it is received.
func (s *site) echo(ctx context.Context, c *client.Client) (once func()) {
	publisher, err := client.New(s.url, s.options(client.WithProcessPassword("long and random"), client.WithoutRetry())...)
	require.NoError(s.t, err)
	go func() { _ = publisher.Run(ctx) }()
	subscribed := make(chan string, 1)
	c.OnSubscribed(func(group string) { subscribed <- group })
	received := make(chan love.Delivery)
	deliveries := c.Subscribe(ctx, love.StreamGroup(love.CategoryEvent, "ATDome", 0, "tick"))
	go func() {
		for d, err := range deliveries {
			if err != nil {
				close(received)
				return
			}
			received <- d
		}
	}()
	<-subscribed
	return func() {
		require.NoError(s.t, publisher.Send(ctx, []byte(`{"category":"event","data":[{"csc":"ATDome","salindex":0,"data":{"tick":[1]}}]}`)))
		d, ok := <-received
		require.True(s.t, ok, "the subscription has ended")
		require.Contains(s.t, string(d.Raw), `"tick":[1]`)
	}
}

// headerTimeout is the time for the header of a request (docs/operating.md#http-and-log-in).
const headerTimeout = 10 * time.Second

// TestFault_SlowHandshakes: connections that send a byte of their header in a second are
// ended in time, and disturb nobody. Without LOVE_FAULTS=full it is in the time of a bubble.
func TestFault_SlowHandshakes(t *testing.T) {
	if os.Getenv("LOVE_FAULTS") != "full" {
		synctest.Test(t, func(t *testing.T) {
			network := pipenet.New()
			runSite(t, network, network.DialContext, server.Config{}, func(s *site) { s.slowHandshakes(200, network.DialContext, 0) })
			time.Sleep(time.Second) // of the bubble: net/http lingers
		})
		return
	}
	const count = 5000
	if n, ok := machine.Descriptors(); ok && n < 4*count {
		t.Skipf("the process may have %d file descriptors, and needs %d: raise the limit (ulimit -n)", n, 4*count)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	to := func(d net.Dialer) func(context.Context, string, string) (net.Conn, error) {
		return func(ctx context.Context, _, _ string) (net.Conn, error) {
			return d.DialContext(ctx, "tcp", listener.Addr().String())
		}
	}
	attackers := []func(context.Context, string, string) (net.Conn, error){
		to(net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}), to(net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 3)}}),
	}
	next := 0
	attack := func(ctx context.Context, network, address string) (net.Conn, error) {
		next++ // one address may have 4000
		return attackers[next%2](ctx, network, address)
	}
	runSite(t, listener, to(net.Dialer{}), server.Config{}, func(s *site) { s.slowHandshakes(count, attack, testPatience) })
}

// testPatience is what a loaded machine may take longer than promised.
const testPatience = 30 * time.Second

// slowHandshakes opens slow connections, and checks what happens to them and to others.
func (s *site) slowHandshakes(count int, dial func(ctx context.Context, network, address string) (net.Conn, error), patience time.Duration) {
	t := s.t
	goroutines, descriptors := runtime.NumGoroutine(), openDescriptors(t)
	header := "GET /manager/ws/subscription?password=long+and+random HTTP/1.1\r\nHost: server\r\nX-Padding: " + strings.Repeat("p", 1000)
	var begun, ended sync.WaitGroup
	lasted := make(chan time.Duration, count)
	for range count {
		conn, err := dial(t.Context(), "tcp", "server")
		require.NoError(t, err)
		from := time.Now()
		begun.Add(1)
		ended.Go(func() {
			has := sync.OnceFunc(begun.Done)
			defer has() // it may have had to make room already
			for i := range header {
				if _, err := io.WriteString(conn, header[i:i+1]); err != nil {
					break
				}
				if i == 1 {
					has()
				}
				time.Sleep(time.Second)
			}
		})
		ended.Go(func() {
			answer, err := io.ReadAll(conn)
			lasted <- time.Since(from)
			if err != nil && !errors.Is(err, syscall.ECONNRESET) || len(answer) > 0 && !strings.HasPrefix(string(answer), "HTTP/1.1 4") {
				t.Errorf("a slow connection ends with %v after %q", err, answer)
			}
			_ = conn.Close()
		})
	}
	begun.Wait()

	from := time.Now()
	ctx, cancel := context.WithCancel(t.Context())
	c, token := s.login(ctx)
	once := s.echo(ctx, c)
	once()
	for _, path := range []string{"/healthz", "/readyz", "/manager/api/admin/users/"} {
		require.Equal(t, 200, s.status(path, token), path)
	}
	took := time.Since(from)
	require.LessOrEqual(t, took, patience, "others are served at once")
	t.Logf("beside %d slow handshakes a client is served within %v", count, took)

	ended.Wait()
	close(lasted)
	for d := range lasted {
		if patience == 0 {
			require.Equal(t, headerTimeout, d)
		}
		require.LessOrEqual(t, d, headerTimeout+patience) // earlier if it had to make room
	}
	once() // nothing has happened to it
	cancel()
	s.http.CloseIdleConnections()
	deadline := time.Now().Add(30 * time.Second)
	const others = 10 // such as those that had not begun at the start
	for runtime.NumGoroutine() > goroutines+others || openDescriptors(t) > descriptors+others {
		require.True(t, time.Now().Before(deadline), "%d goroutines, not %d; %d descriptors, not %d",
			runtime.NumGoroutine(), goroutines, openDescriptors(t), descriptors)
		time.Sleep(10 * time.Millisecond)
	}
}

// openDescriptors returns how many file descriptors are open; 0 where that is unknown.
func openDescriptors(t *testing.T) int {
	entries, err := os.ReadDir("/proc/self/fd")
	if os.IsNotExist(err) {
		return 0
	}
	require.NoError(t, err)
	return len(entries)
}

// TestFault_ACommanderAnswersAfterItsDeadline: the caller is told in time, the record has the
// answer when it comes, and nobody else waits.
func TestFault_ACommanderAnswersAfterItsDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sent := 0
		transport, stop := pipenet.Serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			if strings.Contains(string(body), "cmd_slow") {
				sent++
				time.Sleep(time.Minute)
			}
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"ack":"Done","code":303}`)
		}))
		api, err := commanderhttp.New("commander:5000", commanderhttp.WithTransport(transport))
		require.NoError(t, err)
		network := pipenet.New()
		runSite(t, network, network.DialContext, server.Config{Commander: api, NoCommanderHeartbeat: true}, func(s *site) {
			ctx, cancel := context.WithCancel(t.Context())
			c, _ := s.login(ctx)
			once := s.echo(ctx, c)
			slow := make(chan error)
			began := time.Now()
			go func() {
				_, err := c.Command(ctx, love.Command{CSC: "ATDome", Name: "slow"})
				slow <- err
			}()
			synctest.Wait()
			state := func() love.CommandOutcome {
				for e, err := range c.Commands(ctx, love.CommandFilter{}) {
					require.NoError(t, err)
					if strings.HasSuffix(e.Command, "slow") {
						return e.CommandOutcome
					}
				}
				return love.CommandOutcome{}
			}
			undisturbed := func() {
				ack, err := c.Command(ctx, love.Command{CSC: "ATDome", Name: "quick"})
				require.NoError(t, err)
				require.True(t, ack.Succeeded())
				once()
				require.Equal(t, 200, s.status("/readyz", ""))
			}
			undisturbed()
			require.Zero(t, time.Since(began))
			require.Equal(t, love.CommandPending, state().State)

			err := <-slow
			require.Equal(t, 15*time.Second, time.Since(began), "the default of CommandTimeout")
			require.Equal(t, commander.TimedOut, commander.ErrorOf(err, "").Kind)
			require.ErrorContains(t, err, "No answer within 15s. The command is still waited for; the record of commands will tell what came of it.")
			synctest.Wait()
			require.Equal(t, love.CommandTimedOut, state().State)
			require.Equal(t, 504, state().Status)
			undisturbed()

			time.Sleep(time.Minute - time.Since(began))
			synctest.Wait()
			require.Equal(t, love.CommandOutcome{State: love.CommandLate, Status: 200, Code: love.AckComplete, Result: "Done", Duration: time.Minute}, state())
			require.Equal(t, 1, sent, "nothing is sent again")
			undisturbed()
			cancel()
			synctest.Wait()
		})
		api.Close()
		stop()
		time.Sleep(time.Second) // of the bubble: net/http lingers
	})
}
