package hub_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/hub"
)

// handshake is the header of a valid handshake; each further pair of strings
// replaces a line, or removes it if the value is empty.
func handshake(pairs ...string) http.Header {
	h := http.Header{
		"Connection": {"Upgrade"}, "Upgrade": {"websocket"}, "Sec-Websocket-Version": {"13"}, "Sec-Websocket-Key": {"dGhlIHNhbXBsZSBub25jZQ=="},
	}
	for i := 0; i < len(pairs); i += 2 {
		if h.Del(pairs[i]); pairs[i+1] != "" {
			h.Set(pairs[i], pairs[i+1])
		}
	}
	return h
}

// ask sends a request to a hub and returns the answer with its body. The header may
// have a Host.
func ask(t *testing.T, method, url, query string, header http.Header) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, "http"+strings.TrimPrefix(url, "ws")+"/?"+query, nil)
	require.NoError(t, err)
	r.Header, r.Host = header, header.Get("Host")
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	resp, err := transport.RoundTrip(r)
	require.NoError(t, err)
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusSwitchingProtocols {
		return resp, ""
	}
	var b bytes.Buffer
	_, err = b.ReadFrom(resp.Body)
	require.NoError(t, err)
	return resp, b.String()
}

func TestAHandshakeMaySpreadItsListsOverSeveralLines(t *testing.T) {
	_, url := start(t)
	for name, lists := range map[string]http.Header{
		"keep-alive first":          {"Connection": {"keep-alive", "Upgrade"}},
		"keep-alive last":           {"Connection": {"Upgrade", "keep-alive"}},
		"in one line":               {"Connection": {"keep-alive,upgrade"}},
		"one after an empty line":   {"Connection": {"", "Upgrade"}},
		"a protocol before ours":    {"Upgrade": {"h2c, WebSocket"}},
		"protocols in two lines":    {"Upgrade": {"h2c", "websocket"}},
		"extensions in two lines":   {"Sec-Websocket-Extensions": {"permessage-bzip2", "x-webkit-deflate-frame"}},
		"subprotocols in two lines": {"Sec-Websocket-Protocol": {"v2.love", "v1.love"}},
	} {
		t.Run(name, func(t *testing.T) {
			header := handshake()
			maps.Copy(header, lists)
			resp, body := ask(t, "GET", url, "password=process", header)
			require.Equal(t, 101, resp.StatusCode, body)
			require.Equal(t, "Upgrade", resp.Header.Get("Connection"))
			require.Equal(t, "websocket", resp.Header.Get("Upgrade"))
			require.Equal(t, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", resp.Header.Get("Sec-WebSocket-Accept"), "the example of RFC 6455")
			require.Len(t, resp.Header, 3, "no extension and no subprotocol")
		})
	}
}

func TestAHandshakeMayHaveAnEmptyHost(t *testing.T) {
	_, url := start(t)
	nc, err := net.Dial("tcp", strings.TrimPrefix(url, "ws://"))
	require.NoError(t, err)
	defer nc.Close()
	fmt.Fprint(nc, "GET /?password=process HTTP/1.1\r\nHost:\r\n")
	require.NoError(t, handshake().Write(nc))
	fmt.Fprint(nc, "\r\n")
	resp, err := http.ReadResponse(bufio.NewReader(nc), nil)
	require.NoError(t, err)
	require.Equal(t, 101, resp.StatusCode)
}

func TestHandshakesAreRefusedInJSON(t *testing.T) {
	h, url := start(t, hub.WithLimits(hub.Limits{Sessions: 2, UserSessions: 1}), hub.WithOrigins(func(o string) bool { return o == "http://good.example" }))
	dial(t, url, "token=ada").sync()
	type answer struct {
		status int
		detail string
		header string // "Name: value"
	}
	const upgrade = "Sec-Websocket-Version: 13"
	two := handshake()
	two["Origin"] = []string{"http://good.example", "http://evil.example"}
	keys := handshake()
	keys["Sec-Websocket-Key"] = slices.Repeat(keys["Sec-Websocket-Key"], 2)
	versions := handshake()
	versions["Sec-Websocket-Version"] = []string{"13", "8"}
	type attempt struct {
		method, query string
		header        http.Header
		want          answer
	}
	check := func(t *testing.T, c attempt) {
		resp, body := ask(t, c.method, url, c.query, c.header)
		require.Equal(t, c.want.status, resp.StatusCode, body)
		require.Equal(t, "application/json", resp.Header.Get("Content-Type"))
		require.Equal(t, "no-store", resp.Header.Get("Cache-Control"))
		var refusal map[string]string
		require.NoError(t, json.Unmarshal([]byte(body), &refusal))
		require.Contains(t, refusal["detail"], c.want.detail)
		require.Len(t, refusal, 1)
		if key, value, ok := strings.Cut(c.want.header, ": "); ok {
			require.Equal(t, value, resp.Header.Get(key))
		}
	}
	for name, c := range map[string]attempt{
		"not a handshake":           {"GET", "password=process", http.Header{}, answer{426, "this is the websocket of the manager: connect with a websocket client", upgrade}},
		"another protocol":          {"GET", "password=process", handshake("Upgrade", "h2c"), answer{426, "this is the websocket", upgrade}},
		"a connection not upgraded": {"GET", "password=process", handshake("Connection", "close"), answer{426, "Connection: Upgrade", "Upgrade: websocket"}},
		"another method":            {"POST", "password=process", handshake(), answer{405, `Method "POST" not allowed.`, "Allow: GET"}},
		"an old version":            {"GET", "password=process", handshake("Sec-Websocket-Version", "8"), answer{426, "version must be 13", upgrade}},
		"no version":                {"GET", "password=process", handshake("Sec-Websocket-Version", ""), answer{426, "version must be 13", upgrade}},
		"two versions":              {"GET", "password=process", versions, answer{426, "version must be 13", upgrade}},
		"no key":                    {"GET", "password=process", handshake("Sec-Websocket-Key", ""), answer{400, "Sec-WebSocket-Key", ""}},
		"a short key":               {"GET", "password=process", handshake("Sec-Websocket-Key", "abc"), answer{400, "Sec-WebSocket-Key", ""}},
		"a key that is not base64":  {"GET", "password=process", handshake("Sec-Websocket-Key", "!!!!!!!!!!!!!!!!!!!!!!=="), answer{400, "Sec-WebSocket-Key", ""}},
		"not canonical base64":      {"GET", "password=process", handshake("Sec-Websocket-Key", "dGhlIHNhbXBsZSBub25jZR=="), answer{400, "Sec-WebSocket-Key", ""}},
		"two keys":                  {"GET", "password=process", keys, answer{400, "Sec-WebSocket-Key", ""}},
		"a wrong password":          {"GET", "password=wrong", handshake(), answer{403, "give a token or the process password", ""}},
		"a foreign page":            {"GET", "password=process", handshake("Origin", "http://evil.example"), answer{403, "origin", ""}},
		"two origins":               {"GET", "password=process", two, answer{403, "origin", ""}},
		"a user with too many":      {"GET", "token=ada", handshake(), answer{429, "too many", "Retry-After: 3"}},
	} {
		t.Run(name, func(t *testing.T) { check(t, c) })
	}
	dialProcess(t, url).sync()
	check(t, attempt{"GET", "password=process", handshake(), answer{503, "all the connections that it allows", "Retry-After: 3"}})
	require.EqualValues(t, 1, h.Stats().Denied["gate"])
}

func TestASecondOriginIsRefusedWithoutARestriction(t *testing.T) {
	h, url := start(t)
	header := handshake()
	header["Origin"] = []string{"http://good.example", "http://good.example"}
	resp, body := ask(t, "GET", url, "password=process", header)
	require.Equal(t, 403, resp.StatusCode)
	require.JSONEq(t, `{"detail": "a handshake may have only one origin, but the header Origin occurs several times"}`, body)
	require.EqualValues(t, 1, h.Stats().Denied["origin"])
}

// The body never comes: the answer does not wait for it.
func TestAHandshakeWithABodyIsRefusedAtOnce(t *testing.T) {
	_, url := start(t)
	for _, framing := range []string{"Content-Length: 5", "Transfer-Encoding: chunked"} {
		nc, err := net.Dial("tcp", strings.TrimPrefix(url, "ws://"))
		require.NoError(t, err)
		defer nc.Close()
		began := time.Now()
		fmt.Fprintf(nc, "GET /?password=process HTTP/1.1\r\nHost: hub\r\n%s\r\n", framing)
		require.NoError(t, handshake().Write(nc))
		fmt.Fprint(nc, "\r\n")
		resp, err := http.ReadResponse(bufio.NewReader(nc), nil)
		require.NoError(t, err)
		require.Less(t, time.Since(began), 900*time.Millisecond)
		require.Equal(t, 400, resp.StatusCode)
		require.True(t, resp.Close)
		require.Equal(t, "application/json", resp.Header.Get("Content-Type"))
		var refusal map[string]string
		require.NoError(t, json.NewDecoder(resp.Body).Decode(&refusal))
		require.Contains(t, refusal["detail"], "a handshake has no body")
	}
}

func TestAServerThatCannotHandOverItsConnectionAnswersInJSON(t *testing.T) {
	h := hub.New(hub.WithGate(gate), hub.WithLimits(hub.Limits{Sessions: 1}))
	defer func() { require.NoError(t, h.Shutdown(t.Context())) }()
	for range 2 { // the refused connection does not count
		r := httptest.NewRequest("GET", "/?password=process", nil)
		r.Header = handshake()
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		require.Equal(t, 500, w.Code)
		require.Equal(t, "application/json", w.Header().Get("Content-Type"))
		require.JSONEq(t, `{"detail":"the server cannot hand over the connection to the websocket"}`, w.Body.String())
	}
}

func TestAMessageMayArriveWithTheHandshake(t *testing.T) {
	_, url := start(t)
	nc, err := net.Dial("tcp", strings.TrimPrefix(url, "ws://"))
	require.NoError(t, err)
	defer nc.Close()
	require.NoError(t, nc.SetDeadline(time.Now().Add(timeout)))
	request := "GET /?password=process HTTP/1.1\r\nHost: hub\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
	question := maskedText(`{"action":"get_time_data","request_time":2}`)
	_, err = nc.Write(append([]byte(request), question...))
	require.NoError(t, err)

	br := bufio.NewReader(nc)
	for {
		line, err := br.ReadString('\n')
		require.NoError(t, err)
		if line == "\r\n" {
			break
		}
	}
	c := &conn{t: t, nc: nc, br: br}
	require.Contains(t, c.next(), `"request_time":2}`)
	c.sync()
}

func TestACredentialRevokedDuringTheHandshakeEndsTheSession(t *testing.T) {
	for name, c := range map[string]struct {
		second error
		ended  bool
	}{
		"revoked":               {fmt.Errorf("%w", auth.ErrToken), true},
		"cannot be checked now": {errors.New("the database is unavailable"), false},
	} {
		t.Run(name, func(t *testing.T) {
			asked := 0
			_, url := start(t, hub.WithGate(hub.GateFunc(func(r *http.Request) (auth.Principal, error) {
				if asked++; asked == 2 {
					return auth.Principal{}, c.second
				}
				return gate(r)
			})))
			conn := dial(t, url, "token=ada")
			if !c.ended {
				conn.sync()
				return
			}
			code, _ := conn.waitClosed()
			require.Equal(t, ws.StatusNormalClosure, code)
		})
	}
}
