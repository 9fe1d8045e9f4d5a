package hub_test

import (
	"bufio"
	"bytes"
	"compress/flate"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/deflate"
	"github.com/rubin-love/love-go/love/hub"
)

// What clients offer.
const (
	browser      = "permessage-deflate; client_max_window_bits"
	littleMemory = "permessage-deflate; server_max_window_bits=11; client_max_window_bits=11"
)

// dialOffering opens a websocket with an offer of extensions, and returns what was agreed on.
func dialOffering(t testing.TB, url, query, offer string) (c *conn, agreed string) {
	t.Helper()
	nc, err := net.Dial("tcp", strings.TrimPrefix(url, "ws://"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = nc.Close() })
	require.NoError(t, nc.SetDeadline(time.Now().Add(timeout)))
	fmt.Fprintf(nc, "GET /?%s HTTP/1.1\r\nHost: manager\r\n", query)
	require.NoError(t, handshake("Sec-WebSocket-Extensions", offer).Write(nc))
	fmt.Fprint(nc, "\r\n")
	br := bufio.NewReader(nc)
	resp, err := http.ReadResponse(br, nil)
	require.NoError(t, err)
	require.Equal(t, 101, resp.StatusCode)
	return &conn{t: t, nc: nc, br: br}, resp.Header.Get("Sec-WebSocket-Extensions")
}

func dialCompressed(t testing.TB, url, query string) *conn {
	t.Helper()
	c, agreed := dialOffering(t, url, query, browser)
	require.NotEmpty(t, agreed)
	return c
}

// compressed is a compressed message in one frame.
func compressed(op ws.OpCode, message string) ws.Frame {
	return marked(ws.NewFrame(op, true, deflate.Compress(nil, []byte(message), deflate.Large)))
}

// marked sets the bit that marks a compressed message.
func marked(f ws.Frame) ws.Frame {
	f.Header.Rsv = ws.Rsv(true, false, false)
	return f
}

// values returns n bytes of numbers.
func values(n int) string {
	random := rand.New(rand.NewPCG(1, 1))
	var b strings.Builder
	for b.Len() < n {
		fmt.Fprintf(&b, `{"value":%g,"dataType":"Float","units":"deg"},`, random.NormFloat64())
	}
	return "[" + b.String()[:b.Len()-1] + "]"
}

func TestCompressionIsAgreedOnWithWhoOffersIt(t *testing.T) {
	const agreed = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
	_, on := start(t)
	_, off := start(t, hub.WithCompression(false))
	for offer, want := range map[string]string{
		"":           "",
		browser:      agreed,
		littleMemory: agreed + "; server_max_window_bits=9",
		"permessage-deflate; server_max_window_bits=8": "", // which nobody shares
		"permessage-deflate; level=9":                  "",
	} {
		c, got := dialOffering(t, on, "token=ada", offer)
		require.Equal(t, want, got, offer)
		c.sync()
		c, got = dialOffering(t, off, "token=ada", offer)
		require.Empty(t, got, offer)
		c.sync()
	}
}

func TestAMessageIsTheSameCompressedOrNot(t *testing.T) {
	h, url := start(t)
	plain := dial(t, url, "token=ada").subscribe("telemetry-A-1-s")
	large := dialCompressed(t, url, "token=ada").subscribe("telemetry-A-1-s")
	small, _ := dialOffering(t, url, "token=ada", littleMemory)
	small.subscribe("telemetry-A-1-s")
	strict := dialCompressed(t, url, "token=ada&nan=null").subscribe("telemetry-A-1-s")
	// What a client has read may be counted a moment later.
	counted := func(plain int) hub.Stats {
		require.Eventually(t, func() bool { return h.Stats().PlainBytes >= uint64(plain) }, timeout, time.Millisecond)
		return h.Stats()
	}
	confirmations := 3 * (2 + len(`{"data":"Successfully subscribed to telemetry-A-1-s"}`))
	before := counted(confirmations)
	pub := dialProcess(t, url)
	var plainBytes, wireBytes int
	for _, size := range []int{10, 300, 3000, 5000, 70_000} {
		pub.send(telemetry("s", values(size)))
		want := plain.nextFrame()
		require.Zero(t, want.Header.Rsv)
		for _, c := range []*conn{large, small, strict} {
			got := c.nextFrame()
			require.Equal(t, string(want.Payload), string(got.Payload))
			require.Equal(t, size > 10, got.Header.Rsv1(), "%d bytes", size)
			plainBytes += ws.HeaderSize(want.Header) + len(want.Payload)
			wireBytes += ws.HeaderSize(got.Header) + int(got.Header.Length)
		}
	}
	after := counted(confirmations + plainBytes)
	require.EqualValues(t, plainBytes, after.PlainBytes-before.PlainBytes)
	require.EqualValues(t, wireBytes, after.CompressedBytes-before.CompressedBytes)
	require.Less(t, wireBytes, plainBytes/2)
	taking := 0
	for _, s := range h.Sessions() {
		if s.Compressed {
			taking++
		}
	}
	require.Equal(t, 3, taking)
}

func TestAClientMaySendCompressedMessages(t *testing.T) {
	_, url := start(t)
	c := dialCompressed(t, url, "password=process").subscribe("event-A-1-s")
	message := `{"category":"event","data":[{"csc":"A","salindex":1,"data":{"s":` + values(3000) + `}}]}`
	receive := func() {
		t.Helper()
		require.Contains(t, c.next(), values(3000))
	}
	t.Run("in one frame", func(t *testing.T) {
		c.frame(compressed(ws.OpText, message))
		receive()
	})
	t.Run("or not", func(t *testing.T) {
		c.send(message)
		receive()
	})
	t.Run("in fragments with control frames between", func(t *testing.T) {
		parts := slices.Collect(slices.Chunk(compressed(ws.OpText, message).Payload, 100))
		c.frame(marked(ws.NewFrame(ws.OpText, false, parts[0])))
		for i, part := range parts[1:] {
			c.frame(ws.NewPingFrame([]byte("between")))
			c.frame(ws.NewFrame(ws.OpContinuation, false, nil))
			c.frame(ws.NewFrame(ws.OpContinuation, i == len(parts)-2, part))
		}
		pongs := 0
		f := c.nextFrame()
		for ; f.Header.OpCode == ws.OpPong; f = c.nextFrame() {
			require.Equal(t, "between", string(f.Payload))
			pongs++
		}
		require.Positive(t, pongs)
		require.Contains(t, string(f.Payload), values(3000))
	})
	t.Run("with an empty first fragment", func(t *testing.T) {
		c.frame(marked(ws.NewFrame(ws.OpText, false, nil)))
		c.frame(ws.NewFrame(ws.OpContinuation, true, compressed(ws.OpText, message).Payload))
		receive()
	})
	t.Run("of a block that is marked as the last", func(t *testing.T) { // RFC 7692, section 7.2.3.4
		var b bytes.Buffer
		w, err := flate.NewWriter(&b, 9)
		require.NoError(t, err)
		_, err = w.Write([]byte(message))
		require.NoError(t, err)
		require.NoError(t, w.Close())
		c.frame(marked(ws.NewTextFrame(append(b.Bytes(), 0))))
		receive()
	})
	t.Run("that are empty", func(t *testing.T) {
		for _, payload := range []string{"\x00", "\x02\x00", ""} {
			c.frame(marked(ws.NewTextFrame([]byte(payload))))
			require.Contains(t, c.next(), "Message ignored: ")
		}
	})
	t.Run("that are binary, and ignored", func(t *testing.T) {
		c.frame(compressed(ws.OpBinary, "binary"))
		require.Contains(t, c.next(), "must be a text frame, not a binary one")
	})
}

func TestEachViolationOfCompressionHasItsCloseCode(t *testing.T) {
	bits := func(f ws.Frame, bits ...bool) ws.Frame {
		f.Header.Rsv = ws.Rsv(bits[0], bits[1], bits[2])
		return f
	}
	text := compressed(ws.OpText, `{"action":"get_time_data","request_time":1}`)
	for name, c := range map[string]struct {
		frames []ws.Frame
		code   ws.StatusCode
	}{
		"the second bit":             {[]ws.Frame{bits(text, false, true, false)}, 1002},
		"the third bit":              {[]ws.Frame{bits(text, true, false, true)}, 1002},
		"all bits":                   {[]ws.Frame{bits(text, true, true, true)}, 1002},
		"a later fragment":           {[]ws.Frame{ws.NewFrame(ws.OpText, false, []byte("{")), marked(ws.NewFrame(ws.OpContinuation, true, text.Payload))}, 1002},
		"every fragment":             {[]ws.Frame{marked(ws.NewFrame(ws.OpText, false, text.Payload[:9])), marked(ws.NewFrame(ws.OpContinuation, true, text.Payload[9:]))}, 1002},
		"a ping":                     {[]ws.Frame{marked(ws.NewPingFrame([]byte("x")))}, 1002},
		"a pong":                     {[]ws.Frame{marked(ws.NewPongFrame([]byte("x")))}, 1002},
		"a close frame":              {[]ws.Frame{marked(ws.NewCloseFrame(nil))}, 1002},
		"not compressed":             {[]ws.Frame{marked(ws.NewTextFrame([]byte(`{"option":"subscribe"}`)))}, 1002},
		"cut":                        {[]ws.Frame{marked(ws.NewTextFrame(text.Payload[:20]))}, 1002},
		"invalid UTF-8":              {[]ws.Frame{compressed(ws.OpText, "\"\xff\"")}, 1007},
		"a bomb":                     {[]ws.Frame{compressed(ws.OpText, strings.Repeat(" ", 50<<20))}, 1009},
		"one byte more than allowed": {[]ws.Frame{compressed(ws.OpText, strings.Repeat(" ", 100_001))}, 1009},
		"longer than allowed before it is inflated": {[]ws.Frame{
			marked(ws.NewFrame(ws.OpText, false, make([]byte, 100_000))), ws.NewFrame(ws.OpContinuation, false, make([]byte, 1)),
		}, 1009},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // each waits a second for the peer to close the connection
			_, url := start(t, hub.WithLimits(hub.Limits{UserMessage: 100_000}))
			bystander := dialCompressed(t, url, "token=bystander")
			peer := dialCompressed(t, url, "token=user")
			for _, f := range c.frames {
				peer.frame(f)
			}
			code, reason := peer.waitClosed()
			require.Equal(t, c.code, code)
			require.NotEmpty(t, reason)
			bystander.sync()
		})
	}
}

func TestABombTakesNoMemory(t *testing.T) {
	_, url := start(t)
	bomb := compressed(ws.OpText, strings.Repeat(" ", 200<<20))
	require.Less(t, len(bomb.Payload), 1<<20)
	c := dialCompressed(t, url, "password=process")
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	c.frame(bomb)
	code, _ := c.waitClosed()
	runtime.ReadMemStats(&after)
	require.Equal(t, ws.StatusMessageTooBig, code)
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(4*hub.DefaultLimits().ProcessMessage))
}

// What the hub handles is bounded, although a message may be a thousandth of it on its way.
func TestAMessageThatGrowsCountsAsSeveralRequests(t *testing.T) {
	_, url := start(t, hub.WithLimits(hub.Limits{RequestRate: 1}), hub.WithClock(newClock()))
	c := dialCompressed(t, url, "token=ada")
	padded := compressed(ws.OpText, `{"action":"get_time_data","request_time":1}`+strings.Repeat(" ", 20_000))
	for range 4 { // of the 20 requests that may come at once
		c.frame(padded) // counts as one, and four
		require.Contains(t, c.next(), "time_data")
	}
	c.frame(padded)
	code, _ := c.waitClosed()
	require.Equal(t, ws.StatusPolicyViolation, code)
}
