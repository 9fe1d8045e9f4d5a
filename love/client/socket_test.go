package client_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/gobwas/ws"
	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/websocket"
	"github.com/rubin-love/love-go/love/client"
)

// FuzzFrames sends any bytes as frames: the client ends with an error.
func FuzzFrames(f *testing.F) {
	for _, frame := range []ws.Frame{
		ws.NewTextFrame([]byte(delivery(position, 1))),
		ws.NewPingFrame([]byte("x")),
		ws.NewCloseFrame(nil),
		ws.NewCloseFrame([]byte{3}),
		ws.NewCloseFrame(ws.NewCloseFrameBody(1013, "slow")),
		ws.NewFrame(ws.OpText, false, []byte("half")),
		{Header: ws.Header{Fin: true, OpCode: ws.OpBinary, Length: 1 << 62}},
	} {
		f.Add(ws.MustCompileFrame(ws.Frame{Header: ws.Header{Fin: frame.Header.Fin, OpCode: frame.Header.OpCode, Length: int64(len(frame.Payload))}, Payload: frame.Payload}))
	}
	f.Fuzz(func(t *testing.T, stream []byte) {
		ours, theirs := net.Pipe()
		c, err := client.New("manager", client.WithoutRetry(),
			client.WithDialer(func(context.Context, string, string) (net.Conn, error) { return theirs, nil }))
		require.NoError(t, err)
		ended := make(chan error, 1)
		go func() { ended <- c.Run(t.Context()) }()
		_, err = ws.Upgrade(ours)
		require.NoError(t, err)
		go func() { _, _ = new(bytes.Buffer).ReadFrom(ours) }()
		_, _ = ours.Write(stream)
		ours.Close()
		require.Error(t, <-ended)
	})
}

func TestFragmentsAreJoinedAndPingsBetweenThemAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newManager(t)
		c, stop := m.start(t)
		p := <-m.peers
		synctest.Wait() // it has subscribed to nothing yet
		it := iterate(t.Context(), c, position)
		p.receive(t)
		whole := delivery(position, strings.Repeat("1", 200000))
		p.frame(ws.NewFrame(ws.OpText, false, []byte(whole[:7])))
		p.frame(ws.NewPingFrame([]byte("still there?")))
		p.frame(ws.NewFrame(ws.OpContinuation, false, []byte(whole[7:100000])))
		p.frame(ws.NewFrame(ws.OpContinuation, true, []byte(whole[100000:])))
		require.Equal(t, ws.NewPongFrame([]byte("still there?")).Payload, (<-p.frames).Payload)
		require.Equal(t, whole, <-it.raw)
		require.NoError(t, stop())
	})
}

func TestInvalidFramesEndTheConnectionWithTheirCode(t *testing.T) {
	tooLong := ws.Header{Fin: true, OpCode: ws.OpText, Length: client.MaxMessage + 1}
	for _, test := range []struct {
		name   string
		header ws.Header
		code   ws.StatusCode
	}{
		{"too long", tooLong, ws.StatusMessageTooBig},
		{"reserved bit", ws.Header{Fin: true, OpCode: ws.OpText, Rsv: 0x4}, ws.StatusProtocolError},
		{"masked", ws.Header{Fin: true, OpCode: ws.OpText, Masked: true}, ws.StatusProtocolError},
		{"continues nothing", ws.Header{Fin: true, OpCode: ws.OpContinuation}, ws.StatusProtocolError},
		{"unknown kind", ws.Header{Fin: true, OpCode: 0x3}, ws.StatusProtocolError},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newManager(t)
				_, stop := m.start(t)
				p := <-m.peers
				p.frame(ws.Frame{Header: test.header})
				require.Equal(t, test.code, p.closeCode(t))
				<-m.peers
				require.NoError(t, stop())
			})
		})
	}
}

func TestALengthThatIsNotInItsShortestFormEndsTheConnection(t *testing.T) {
	for name, header := range map[string][]byte{
		"16 bits for 2 bytes":     {0x81, 126, 0, 2},
		"16 bits for 125 bytes":   {0x81, 126, 0, 125},
		"64 bits for 200 bytes":   {0x81, 127, 0, 0, 0, 0, 0, 0, 0, 200},
		"64 bits for 65535 bytes": {0x81, 127, 0, 0, 0, 0, 0, 0, 0xff, 0xff},
		"more than 63 bits":       {0x81, 127, 0x80, 0, 0, 0, 0, 0, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newManager(t)
				cl, _ := m.start(t, client.WithoutRetry())
				p := <-m.peers
				_, err := p.conn.Write(header)
				require.NoError(t, err)
				require.Equal(t, ws.StatusProtocolError, p.closeCode(t))
				synctest.Wait()
				require.ErrorContains(t, cl.Send(t.Context(), []byte("{}")), "broke the websocket protocol")
			})
		})
	}
}

func TestACloseFrameIsAnsweredAsTheProtocolDemands(t *testing.T) {
	closing := func(code ws.StatusCode, reason string) []byte { return ws.NewCloseFrameBody(code, reason) }
	for name, c := range map[string]struct {
		payload, answer []byte
		err             string
	}{
		"empty":                   {nil, nil, "closed the connection"},
		"a code":                  {closing(1012, "restart"), closing(1012, ""), "1012"},
		"a code of the program's": {closing(4999, ""), closing(4999, ""), "4999"},
		"one byte":                {[]byte{3}, closing(1002, ""), "broke the websocket protocol"},
		"code 1005":               {closing(1005, ""), closing(1002, ""), "broke the websocket protocol"},
		"code 1006":               {closing(1006, ""), closing(1002, ""), "broke the websocket protocol"},
		"code 5000":               {closing(5000, ""), closing(1002, ""), "broke the websocket protocol"},
		"a reason not in UTF-8":   {[]byte{3, 232, 0xff}, closing(1007, ""), "broke the websocket protocol"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newManager(t)
				cl, _ := m.start(t, client.WithoutRetry())
				p := <-m.peers
				p.frame(ws.NewCloseFrame(c.payload))
				answer := <-p.frames
				require.Equal(t, ws.OpClose, answer.Header.OpCode)
				require.Equal(t, string(c.answer), string(answer.Payload[:min(len(answer.Payload), 2)]))
				synctest.Wait()
				require.ErrorContains(t, cl.Send(t.Context(), []byte("{}")), c.err)
			})
		})
	}
}

func TestTheAnswerToItsOwnCloseFrameIsNotAnsweredAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newManager(t)
		_, stop := m.start(t)
		p := <-m.peers
		p.silent.Store(true)
		ended := make(chan error, 1)
		go func() { ended <- stop() }()
		require.Equal(t, ws.OpClose, (<-p.frames).Header.OpCode)
		p.frame(ws.NewCloseFrame(ws.NewCloseFrameBody(1000, "")))
		require.NoError(t, <-ended)
		<-p.ended
		require.Empty(t, p.frames)
	})
}

func TestAProxyInBetweenMayAddToTheConnectionHeader(t *testing.T) {
	for name, connection := range map[string]string{
		"in a line before":  "Connection: keep-alive\r\nConnection: Upgrade\r\n",
		"in a line behind":  "Connection: Upgrade\r\nConnection: keep-alive\r\n",
		"in the same line":  "Connection: keep-alive, Upgrade\r\n",
		"and send at once ": "Connection: upgrade\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, err := client.New("manager", client.WithDialer(func(context.Context, string, string) (net.Conn, error) {
					ours, theirs := net.Pipe()
					go func() {
						defer ours.Close()
						r, err := http.ReadRequest(bufio.NewReader(ours))
						if err != nil {
							return
						}
						fmt.Fprintf(ours, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n%sSec-WebSocket-Accept: %s\r\n\r\n",
							connection, websocket.Accept(r.Header.Get("Sec-WebSocket-Key")))
						_, _ = io.Copy(io.Discard, ours)
					}()
					return theirs, nil
				}))
				require.NoError(t, err)
				connected := false
				c.OnConnect(func(context.Context) error { connected = true; return nil })
				stop := run(t, c)
				synctest.Wait()
				require.True(t, connected)
				require.NoError(t, stop())
			})
		})
	}
}
