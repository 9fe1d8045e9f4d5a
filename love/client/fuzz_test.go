package client_test

import (
	"bytes"
	"context"
	"net"
	"testing"

	"github.com/gobwas/ws"
	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/client"
)

// FuzzMessages sends any text to a client: it must be alive after it.
func FuzzMessages(f *testing.F) {
	for _, text := range []string{
		delivery(position, "NaN"),
		`{"data":"Successfully subscribed to telemetry-ATDome-0-position"}`,
		`{"category":"heartbeat","subscription":"heartbeat","data":[]}`,
		`{"category":"initial_state","data":[{"csc":1}]}`,
		`{"category":null,"data":[[[`, "\xff", "", `{"subscription":"\ud800"}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		m := newManager(t)
		c, stop := m.start(t)
		p := <-m.peers
		it := iterate(t.Context(), c, position, love.CategoryGroup(love.CategoryInitialState))
		p.hears(t)
		p.hears(t)
		p.frame(ws.NewTextFrame(text))
		p.say(delivery(position, `"the last"`))
		for raw := range it.raw {
			if raw == delivery(position, `"the last"`) {
				break
			}
		}
		require.NoError(t, stop())
	})
}

// FuzzFrames sends any bytes as frames: the client ends with an error, or not.
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
