package cli

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/websocket"
)

// descriptorsHelper marks a process that runs loved with as many file descriptors
// as the variable says, and the arguments of descriptorsArgs.
const (
	descriptorsHelper = "LOVE_TEST_DESCRIPTORS"
	descriptorsArgs   = "LOVE_TEST_ARGS"
)

// TestDescriptorsHelper is the process that the tests below start.
func TestDescriptorsHelper(t *testing.T) {
	n, err := strconv.ParseUint(os.Getenv(descriptorsHelper), 10, 64)
	if err != nil {
		t.Skip("only other tests run it")
	}
	require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: n, Max: n}))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	args := append([]string{"loved"}, strings.Fields(os.Getenv(descriptorsArgs))...)
	require.Zero(t, Run(ctx, args, os.Environ(), os.Stdin, os.Stdout, os.Stderr))
}

// scarce is a loved with few file descriptors.
type scarce struct {
	t      *testing.T
	url    string
	log    *bytes.Buffer // complete when the process has ended
	ended  bool
	conns  []net.Conn // of this test
	cmd    *exec.Cmd
	client *http.Client
}

func startScarce(t *testing.T, descriptors int, args string) *scarce {
	cmd := exec.Command(os.Args[0], "-test.run=^TestDescriptorsHelper$")
	dir := t.TempDir()
	cmd.Env = append(os.Environ(), "HOME="+dir, "LOVED_DATABASE=sqlite:"+dir+"/loved.db", "PROCESS_CONNECTION_PASS=long and random", "ADMIN_USER_PASS=admin",
		descriptorsHelper+"="+strconv.Itoa(descriptors), descriptorsArgs+"="+args)
	s := &scarce{t: t, log: new(bytes.Buffer), cmd: cmd, client: &http.Client{Timeout: testTimeout, Transport: &http.Transport{DisableKeepAlives: true}}}
	cmd.Stderr = s.log
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { s.end() })
	in := bufio.NewReader(out)
	line, err := in.ReadString('\n')
	require.NoError(t, err)
	s.url = regexp.MustCompile(`http://[0-9.:]+`).FindString(line)
	require.NotEmpty(t, s.url, line)
	go func() { _, _ = in.WriteTo(new(bytes.Buffer)) }() // ends with the process
	return s
}

// end ends the process and returns its log.
func (s *scarce) end() string {
	if !s.ended {
		s.ended = true
		for _, conn := range s.conns {
			conn.Close()
		}
		_ = s.cmd.Process.Signal(os.Interrupt)
		_ = s.cmd.Wait()
	}
	return s.log.String()
}

func (s *scarce) get(path string) int {
	s.t.Helper()
	resp, err := s.client.Get(s.url + path)
	require.NoError(s.t, err, path)
	defer resp.Body.Close()
	return resp.StatusCode
}

func (s *scarce) dial() (net.Conn, error) {
	conn, _, err := websocket.Dialer{Timeout: testTimeout}.Dial(s.t.Context(), "ws"+strings.TrimPrefix(s.url, "http")+"/manager/ws/subscription?password=long+and+random")
	if err == nil {
		s.conns = append(s.conns, conn)
	}
	return conn, err
}

// silent opens connections that send nothing.
func (s *scarce) silent(n int) {
	for range n {
		conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
		require.NoError(s.t, err)
		s.conns = append(s.conns, conn)
	}
}

func TestAManagerKeepsFileDescriptorsForWhatItNeeds(t *testing.T) {
	m := startScarce(t, 256, "manager --listen 127.0.0.1:0")
	var sockets []net.Conn
	for {
		conn, err := m.dial()
		if err != nil {
			require.Equal(t, websocket.StatusError(503), err)
			break
		}
		sockets = append(sockets, conn)
		require.Less(t, len(sockets), 256)
	}
	require.Len(t, sockets, 128, "half of them")
	m.silent(300)

	began := time.Now()
	require.Equal(t, 200, m.get("/healthz"))
	require.Equal(t, 200, m.get("/readyz"), "the database can be written")
	resp, err := m.client.Post(m.url+"/manager/api/get-token/", "application/json", strings.NewReader(`{"username": "admin", "password": "admin"}`))
	require.NoError(t, err)
	var login struct{ Token string }
	require.NoError(t, json.NewDecoder(resp.Body).Decode(&login))
	resp.Body.Close()
	require.NotEmpty(t, login.Token)
	require.Less(t, time.Since(began), 8*time.Second, "not only when the silent connections time out")

	header := ws.NewTextFrame([]byte(`{"action":"get_time_data","request_time":1}`))
	require.NoError(t, ws.WriteFrame(sockets[0], ws.MaskFrame(header)))
	require.NoError(t, sockets[0].SetReadDeadline(time.Now().Add(testTimeout)))
	_, err = ws.ReadHeader(sockets[0])
	require.NoError(t, err, "nobody else notices")
	sockets[1].Close()
	require.Eventually(t, func() bool {
		_, err := m.dial()
		return err == nil
	}, testTimeout, 10*time.Millisecond, "a place that became free is given away")

	log := m.end()
	require.Contains(t, log, `msg=limits clients=128 "file descriptors"=256`)
	require.NotContains(t, log, "too many open files")
}

func TestACommanderAnswersThoughClientsHoldItsConnections(t *testing.T) {
	c := startScarce(t, 160, "commander --sal sim --listen 127.0.0.1:0")
	c.silent(400)
	require.Equal(t, 200, c.get("/heartbeat/"))
	require.NotContains(t, c.end(), "too many open files")
}

func TestTooFewFileDescriptorsAreReported(t *testing.T) {
	for args, want := range map[string]string{
		"manager --listen 127.0.0.1:0":                                                 "may open only 100 files, and a manager needs 128 or more: raise the limit (ulimit -n",
		"commander --sal sim --listen 127.0.0.1:0":                                     "a commander needs 128 or more",
		"bench --manager http://127.0.0.1:1 --process-password x":                      "200 subscribers and 1 publishers need 265 file descriptors, and this process may open only 100: raise the limit",
		"bench --shape idle --manager http://127.0.0.1:1 --process-password x --pid 1": "10000 subscribers",
	} {
		cmd := exec.Command(os.Args[0], "-test.run=^TestDescriptorsHelper$")
		cmd.Env = append(os.Environ(), "HOME="+t.TempDir(), "PROCESS_CONNECTION_PASS=a good long one", "LOVED_DATABASE=sqlite::memory:",
			descriptorsHelper+"=100", descriptorsArgs+"="+args)
		output, err := cmd.CombinedOutput()
		var failed *exec.ExitError
		require.True(t, errors.As(err, &failed), "%v: %s", err, output)
		require.Contains(t, string(output), want, fmt.Sprint(args))
	}
}
