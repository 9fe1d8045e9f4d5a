package cli

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/client"
	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/commander/commanderhttp"
)

// TestFault_ASignalEndsAManagerInOrder sends SIGTERM to a manager in a process of its own that
// has twenty screens and a publisher, is given one command after the other, and has two
// commands under way, of which one does not end.
func TestFault_ASignalEndsAManagerInOrder(t *testing.T) {
	started, finish := make(chan string, 2), make(chan struct{})
	api := httptest.NewServer(commanderhttp.NewHandler(commanderhttp.Backend{Commander: commander.Func(func(ctx context.Context, c commander.Call) (love.Ack, error) {
		ctx = commander.Sent(ctx)
		if c.Name == "cmd_short" {
			return love.Ack{Code: love.AckComplete, Text: love.Done}, nil
		}
		started <- c.Name
		done := finish
		if c.Name == "cmd_never" {
			done = nil
		}
		select {
		case <-done:
			return love.Ack{Code: love.AckComplete, Text: love.Done}, nil
		case <-ctx.Done():
			return love.Ack{}, context.Cause(ctx)
		}
	})}))
	defer api.Close()

	const drain = 2 * time.Second
	u := newUser(t)
	u.useDatabase()
	u.env["PROCESS_CONNECTION_PASS"], u.env["ADMIN_USER_PASS"] = "a-good-long-one", "admin's"
	m := u.startChild("manager", "--listen", "127.0.0.1:0", "--commander", api.URL, "--drain", drain.String(), "--heartbeat-query-commander=false")
	url := m.out.waitFor(t, `LOVE manager at (\S+)\n`)[1]
	address := strings.TrimPrefix(url, "http://")
	u.env["LOVED_PASSWORD"] = "admin's"
	token := strings.TrimSpace(u.mustRun("", "token", "admin", "--manager", url))

	const screens = 20
	type closing struct {
		code  ws.StatusCode
		at    time.Time
		ticks []string
	}
	closed := make(chan closing, screens)
	for range screens {
		conn, _, _, err := ws.Dial(t.Context(), "ws://"+address+"/manager/ws/subscription?token="+token)
		require.NoError(t, err)
		require.NoError(t, wsutil.WriteClientText(conn, []byte(`{"option":"subscribe","category":"event","csc":"ATDome","salindex":"0","stream":"tick"}`)))
		go func() {
			defer conn.Close()
			var got closing
			for {
				header, err := ws.ReadHeader(conn)
				payload := make([]byte, min(header.Length, 1<<20))
				if _, failed := io.ReadFull(conn, payload); failed != nil {
					err = failed
				}
				if err != nil || header.OpCode == ws.OpClose {
					got.code, _ = ws.ParseCloseFrameData(payload)
					got.at = time.Now()
					closed <- got
					return
				}
				if n := numbered.FindSubmatch(payload); n != nil {
					got.ticks = append(got.ticks, string(n[1]))
				}
			}
		}()
	}
	endLoad := tickSlowly(t, url, u.env["PROCESS_CONNECTION_PASS"])
	defer endLoad()
	answers := map[string]string{}
	var mu sync.Mutex
	var commanding sync.WaitGroup
	for _, name := range []string{"cmd_never", "cmd_last"} {
		commanding.Go(func() {
			answer := command(&http.Transport{DisableKeepAlives: true}, address, token, name)
			mu.Lock()
			defer mu.Unlock()
			answers[name] = answer
		})
		require.Equal(t, name, <-started)
	}

	begun, refused := make(chan string, 1), make(chan string, 1)
	go func() {
		for {
			answer := command(&http.Transport{DisableKeepAlives: true}, address, token, "cmd_short")
			select {
			case begun <- answer:
			default:
			}
			if !strings.HasPrefix(answer, "200 ") {
				refused <- answer
				return
			}
		}
	}()
	require.Contains(t, <-begun, "200 OK")

	signalled := time.Now()
	require.NoError(t, m.cmd.Process.Signal(syscall.SIGTERM))
	require.Eventually(t, func() bool { // it is not ready: nothing new is accepted
		conn, err := net.Dial("tcp", address)
		if err == nil {
			_ = conn.Close()
		}
		return err != nil
	}, testTimeout, 10*time.Millisecond)
	close(finish)

	require.Regexp(t, `refused|reset|EOF|closed|^503 `, <-refused, "a command is executed or not sent")
	var first, last time.Time
	for range screens {
		c := <-closed
		require.EqualValues(t, 1012, c.code)
		require.NotEmpty(t, c.ticks)
		for i := range c.ticks[1:] {
			n, err := strconv.Atoi(c.ticks[i])
			require.NoError(t, err)
			require.Equal(t, strconv.Itoa(n+1), c.ticks[i+1], "no event is missing before the end")
		}
		if first.IsZero() {
			first = c.at
		}
		last = c.at
	}
	require.Greater(t, last.Sub(first), drain/2, "they are closed one after the other")
	require.NoError(t, m.cmd.Wait(), "%s", m.errors)
	require.Less(t, time.Since(signalled), drain+5*time.Second+testTimeout)
	commanding.Wait()
	require.Contains(t, answers["cmd_last"], "200 OK", "a command under way ends")
	require.Contains(t, answers["cmd_never"], "502 ")
	require.Contains(t, answers["cmd_never"], "Whether the command was executed is unknown")
	require.Contains(t, m.errors.String(), "msg=ended")

	_, url = u.restartManager("--commander", api.URL)
	record := u.mustRun("", "commands", "--manager", url, "--user", "admin")
	require.Regexp(t, `(?m) done .* X last`, record)
	require.Regexp(t, `(?m) unknown .* X never `, record)
}

// numbered finds the number in a message of tickSlowly.
var numbered = regexp.MustCompile(`"tick":\[\{"n":(\d+)`)

// tickSlowly publishes a numbered event every five milliseconds, until the connection is lost
// or the function that it returns is called.
func tickSlowly(t *testing.T, url, password string) (stop func()) {
	c, err := client.New(url, client.WithProcessPassword(password), client.WithoutRetry(), client.WithLogger(slog.New(slog.DiscardHandler)))
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		_ = c.Run(ctx)
		cancel()
	})
	running.Go(func() {
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for n := 0; ; n++ {
			message := fmt.Sprintf(`{"category":"event","data":[{"csc":"ATDome","salindex":0,"data":{"tick":[{"n":%d}]}}]}`, n)
			if c.Send(ctx, []byte(message)) != nil {
				return
			}
			<-tick.C
		}
	})
	return func() {
		cancel()
		running.Wait()
	}
}

// command gives a command by a transport and returns the status and the body of the answer, or the error.
func command(transport *http.Transport, address, token, name string) string {
	r, err := http.NewRequest("POST", "http://"+address+"/manager/api/cmd/", strings.NewReader(`{"csc":"X","salindex":0,"cmd":"`+name+`","params":{}}`))
	if err != nil {
		return err.Error()
	}
	r.Header.Set("Authorization", "Token "+token)
	r.Header.Set("Content-Type", "application/json")
	response, err := transport.RoundTrip(r)
	if err != nil {
		return err.Error()
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return err.Error()
	}
	return response.Status + " " + string(body)
}
