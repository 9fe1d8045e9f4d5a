package httpserver_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/httpserver"
	"github.com/rubin-love/love-go/internal/pipenet"
)

// serve serves until the test ends, and returns the address.
func serve(t *testing.T, c httpserver.Config) (*httpserver.Server, string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	return serveAt(t, c, l), l.Addr().String()
}

func serveAt(t *testing.T, c httpserver.Config, l net.Listener) *httpserver.Server {
	t.Helper()
	c.Logger = slog.New(slog.DiscardHandler)
	s := httpserver.New(c)
	ended := make(chan error)
	go func() { ended <- s.Serve(context.Background(), l) }()
	t.Cleanup(func() {
		require.NoError(t, s.Close())
		require.ErrorIs(t, <-ended, http.ErrServerClosed)
	})
	return s
}

// echo answers with the body of the request.
var echo = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	fmt.Fprintf(w, "%s:%s", r.URL.Path, body)
})

// send sends a text on a new connection, and returns the statuses and bodies of all
// answers until the server closes it.
func send(t *testing.T, address string, text string) []string {
	t.Helper()
	c, err := net.Dial("tcp", address)
	require.NoError(t, err)
	defer c.Close()
	_, _ = io.WriteString(c, text) // an error means that it was refused already
	_ = c.(*net.TCPConn).CloseWrite()
	return answers(t, c)
}

// sendBytes is send over a pipe, so that the server reads the bytes one by one. The
// server must close the connection.
func sendBytes(t *testing.T, network *pipenet.Network, text string) []string {
	t.Helper()
	c, err := network.DialContext(t.Context(), "", "")
	require.NoError(t, err)
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		for _, b := range []byte(text) {
			if _, err := c.Write([]byte{b}); err != nil {
				return
			}
		}
	}()
	got := answers(t, c)
	require.NoError(t, c.Close())
	<-sent
	return got
}

// answers reads all answers on a connection.
func answers(t *testing.T, c net.Conn) (answers []string) {
	t.Helper()
	for r := bufio.NewReader(c); ; {
		resp, err := http.ReadResponse(r, nil)
		if err != nil {
			return answers
		}
		body, _ := io.ReadAll(resp.Body)
		answers = append(answers, fmt.Sprintf("%d %s", resp.StatusCode, body))
		require.Equal(t, "nosniff", resp.Header.Get("X-Content-Type-Options"))
	}
}

const (
	post    = "POST /a HTTP/1.1\r\nHost: x\r\n"
	chunked = "Transfer-Encoding: chunked\r\n"
	hidden  = "GET /hidden HTTP/1.1\r\nHost: x\r\n\r\n"
)

func TestARequestWithTwoLengthsIsAnswered400AndClosed(t *testing.T) {
	s, address := serve(t, httpserver.Config{Handler: echo})
	pipes := pipenet.New()
	serveAt(t, httpserver.Config{Handler: echo}, pipes)
	for name, request := range map[string]string{
		"chunked and length":             post + chunked + "Content-Length: 5\r\n\r\n0\r\n\r\n",
		"length and chunked":             post + "Content-Length: 5\r\n" + chunked + "\r\n0\r\n\r\n",
		"in other case":                  post + "transfer-encoding: chunked\r\nCONTENT-LENGTH: 5\r\n\r\n0\r\n\r\n",
		"other headers between":          post + "Content-Length: 5\r\nA: b\r\nC:\r\n" + chunked + "\r\n0\r\n\r\n",
		"a folded value":                 post + "Content-Length: 5\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
		"line feeds alone":               "POST /a HTTP/1.1\nHost: x\nTransfer-Encoding: chunked\nContent-Length: 5\n\n0\n\n",
		"without space":                  post + "Transfer-Encoding:chunked\r\nContent-Length:5\r\n\r\n0\r\n\r\n",
		"different lengths":              post + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
		"a list of lengths":              post + "Content-Length: 5, 6\r\n\r\nabcdef",
		"the same length twice":          post + "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
		"chunked in HTTP/1.0":            "POST /a HTTP/1.0\r\nHost: x\r\n" + chunked + "Connection: keep-alive\r\n\r\n0\r\n\r\n",
		"a length with a sign":           post + "Content-Length: +3\r\n\r\nabc",
		"a name with a space":            post + "Content-Length : 3\r\n\r\nabc",
		"chunked with a space":           post + "Content-Length: 5\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
		"chunked after a chunked header": post + chunked + chunked + "\r\n0\r\n\r\n",
	} {
		for _, got := range [][]string{send(t, address, request+hidden), sendBytes(t, pipes, request+hidden)} {
			require.Len(t, got, 1, "%s: %q", name, got)
			require.Regexp(t, "^400 ", got[0], name)
		}
	}
	require.NotZero(t, s.Stats().Ambiguous)
}

func TestARequestWithTwoLengthsIsFoundBehindOthers(t *testing.T) {
	_, address := serve(t, httpserver.Config{Handler: echo})
	bad := post + "Content-Length: 5\r\n" + chunked + "\r\n0\r\n\r\n"
	for name, c := range map[string]struct{ before, answer string }{
		"without a body":        {"GET /a HTTP/1.1\r\nHost: x\r\n\r\n", "200 /a:"},
		"a length":              {post + "Content-Length: 5\r\n\r\nab\r\nc", "200 /a:ab\r\nc"},
		"chunks":                {post + chunked + "\r\n2\r\nab\r\nA;x=\"y\"\r\n0123456789\r\n0\r\n\r\n", "200 /a:ab0123456789"},
		"a trailer":             {post + chunked + "Trailer: X\r\n\r\n1\r\na\r\n0\r\nX: Content-Length: 7\r\n\r\n", "200 /a:a"},
		"a body like a request": {post + "Content-Length: 66\r\n\r\nGET / HTTP/1.1\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\nab", ""},
		"a zero length":         {post + "Content-Length: 0\r\n\r\n", "200 /a:"},
		"an empty line":         {post + "Content-Length: 1\r\n\r\na\r\n", "200 /a:a"},
		"long headers":          {"GET /a HTTP/1.1\r\nHost: x\r\nA: " + strings.Repeat("Content-Length: 1 ", 500) + "\r\n\r\n", "200 /a:"},
	} {
		got := send(t, address, c.before+bad+hidden)
		require.Len(t, got, 2, "%s: %q", name, got)
		if c.answer != "" {
			require.Equal(t, c.answer, got[0], name)
		}
		require.Regexp(t, "^400 ", got[1], name)
	}
}

func TestErrorsOfTheServerItselfHaveTheHeaderOfAllAnswers(t *testing.T) {
	_, address := serve(t, httpserver.Config{Handler: echo})
	for request, status := range map[string]string{
		"nonsense\r\n\r\n": "400", "GET / HTTP/1.1\r\nHost: x\r\nA b: c\r\n\r\n": "400",
		"GET / HTTP/9.9\r\nHost: x\r\n\r\n":                "505",
		post + "Transfer-Encoding: gzip\r\n\r\n":           "501",
		"GET /" + strings.Repeat("a", 1<<16) + " HTTP/1.1": "431",
	} {
		got := send(t, address, request) // checks the header
		require.Len(t, got, 1)
		require.Equal(t, status, got[0][:3])
	}
}

// hold opens n connections, each with a request if one is given.
func hold(t *testing.T, address string, n int, request string) {
	t.Helper()
	for range n {
		c, err := net.Dial("tcp", address)
		require.NoError(t, err)
		t.Cleanup(func() { c.Close() })
		_, err = io.WriteString(c, request)
		require.NoError(t, err)
	}
}

func TestAnAddressMayHaveOnlySoManyConnections(t *testing.T) {
	s, address := serve(t, httpserver.Config{Handler: echo, MaxPerAddress: 3})
	hold(t, address, 3, "GET / HTTP/1.1\r\n")
	require.Eventually(t, func() bool { return s.Stats().Connections == 3 }, 10*time.Second, time.Millisecond)
	got := send(t, address, "")
	require.Equal(t, []string{`429 {"detail":"This address has 3 connections, the most that it may.","ack":"This address has 3 connections, the most that it may."}`}, got)
	require.EqualValues(t, 1, s.Stats().Refused)

	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}
	c, err := dialer.Dial("tcp", address)
	require.NoError(t, err)
	defer c.Close()
	_, err = io.WriteString(c, "GET /other HTTP/1.1\r\nHost: x\r\n\r\n")
	require.NoError(t, err)
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	require.NoError(t, err)
	require.Equal(t, 200, resp.StatusCode, "another address does not notice")
}

func TestAConnectionThatIsClosedOrHandedOverCountsNoLonger(t *testing.T) {
	var handedOver []net.Conn
	var mu sync.Mutex
	s, address := serve(t, httpserver.Config{MaxPerAddress: 2, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/socket" {
			return
		}
		c, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(err)
		}
		mu.Lock()
		defer mu.Unlock()
		handedOver = append(handedOver, c)
		_, _ = io.WriteString(c, "HTTP/1.1 101 \r\n\r\n")
	})})
	for range 10 {
		require.Regexp(t, "^200", send(t, address, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")[0])
		require.Eventually(t, func() bool { return s.Stats().Connections == 0 }, 10*time.Second, time.Millisecond)
	}
	for n := range 10 {
		hold(t, address, 1, "GET /socket HTTP/1.1\r\nHost: x\r\n\r\n")
		require.Eventually(t, func() bool {
			mu.Lock()
			defer mu.Unlock()
			return len(handedOver) == n+1 && s.Stats().Connections == 0
		}, 10*time.Second, time.Millisecond)
	}
	for _, c := range handedOver {
		require.IsType(t, &net.TCPConn{}, c, "as it was accepted")
		require.NoError(t, c.Close())
	}
	require.Zero(t, s.Stats().Refused)
}

func TestBehindATrustedProxyTheClientsAddressCounts(t *testing.T) {
	release, begun := make(chan struct{}), make(chan struct{})
	s, address := serve(t, httpserver.Config{
		MaxPerAddress: 2, Trusted: func(a netip.Addr) bool { return a.IsLoopback() },
		ClientAddress: func(r *http.Request) string { return r.Header.Get("X-Real-Ip") },
		Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			begun <- struct{}{}
			<-release
		}),
	})
	defer close(release)
	for _, client := range []string{"10.0.0.1", "10.0.0.2", "10.0.0.3", "2001:db8::1"} {
		hold(t, address, 2, "GET / HTTP/1.1\r\nHost: x\r\nX-Real-Ip: "+client+"\r\n\r\n")
	}
	hold(t, address, 5, "GET / HTTP/1.1\r\nHost: x\r\n\r\n") // of the proxy itself
	for range 13 {
		<-begun
	}
	for _, client := range []string{"10.0.0.1", "2001:db8::2"} {
		got := send(t, address, "GET / HTTP/1.1\r\nHost: x\r\nX-Real-Ip: "+client+"\r\nConnection: close\r\n\r\n")
		require.Regexp(t, "^429 ", got[0])
	}
	require.EqualValues(t, 2, s.Stats().Refused)
}

// An answer of 8 MiB is more than the buffers of a pipe take: none.
func TestAClientThatDoesNotTakeItsAnswerIsCut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := pipenet.New()
		s := serveAt(t, httpserver.Config{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, err := w.Write(make([]byte, 8<<20))
			require.Error(t, err)
		})}, network)
		c, err := network.DialContext(t.Context(), "", "")
		require.NoError(t, err)
		_, err = io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		require.NoError(t, err)
		began := time.Now()
		time.Sleep(httpserver.WriteTimeout + time.Second)
		n, err := io.Copy(io.Discard, c)
		require.Less(t, n, int64(1<<20), err)
		require.Equal(t, httpserver.WriteTimeout+time.Second, time.Since(began))
		synctest.Wait()
		require.EqualValues(t, 1, s.Stats().Slow)
		require.Zero(t, s.Stats().Connections)
	})
}

func TestAnAnswerThatMakesProgressMayTakeAnyTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := pipenet.New()
		serveAt(t, httpserver.Config{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/large" {
				_, _ = w.Write(make([]byte, 8<<20))
				return
			}
			for range 10 {
				fmt.Fprintln(w, "progress")
				_ = http.NewResponseController(w).Flush()
				time.Sleep(time.Hour)
			}
		})}, network)
		for path, size := range map[string]int{"/large": 8 << 20, "/progress": 90} {
			c, err := network.DialContext(t.Context(), "", "")
			require.NoError(t, err)
			_, err = io.WriteString(c, "GET "+path+" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
			require.NoError(t, err)
			resp, err := http.ReadResponse(bufio.NewReaderSize(c, 1024), nil)
			require.NoError(t, err)
			total := 0
			for p := make([]byte, 32<<10); !errors.Is(err, io.EOF); {
				var n int
				n, err = io.ReadFull(resp.Body, p)
				total += n
				if err != nil && !errors.Is(err, io.EOF) {
					require.ErrorIs(t, err, io.ErrUnexpectedEOF)
					err = io.EOF
				}
				time.Sleep(10 * time.Second) // a slow reader: 256 parts of it take 43 minutes
			}
			require.Equal(t, size, total)
		}
	})
}

func TestAHeaderMustArriveInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := pipenet.New()
		serveAt(t, httpserver.Config{Handler: echo}, network)
		for header, answer := range map[string][]string{
			"GET / HTTP/1.1\r\nHost: x\r\n\r\n": {"400 400 Bad Request"}, // the time ends within a line
			"GET / HTTP/1.1\r\n":                {"400 400 Bad Request"},
		} {
			c, err := network.DialContext(t.Context(), "", "")
			require.NoError(t, err)
			began, sent := time.Now(), make(chan struct{})
			go func() { // one byte per second
				defer close(sent)
				for _, b := range []byte(header) {
					if _, err := c.Write([]byte{b}); err != nil {
						return
					}
					time.Sleep(time.Second)
				}
			}()
			require.Equal(t, answer, answers(t, c), header)
			require.Equal(t, 10*time.Second, time.Since(began))
			<-sent
			require.NoError(t, c.Close())
		}
	})
}
