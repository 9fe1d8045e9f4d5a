package hub_test

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"

	"github.com/gobwas/ws"
	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/hub"
)

func TestABinaryFrameIsAnsweredAndIgnored(t *testing.T) {
	_, url := start(t)
	c := dialProcess(t, url)
	c.frame(ws.NewBinaryFrame([]byte{1, 2, 3}))
	require.Equal(t, []string{`{"data":"Message ignored: \"message\" must be a text frame, not a binary one"}`}, c.sync())
}

func TestAMessageMayArriveInFragmentsWithControlFramesBetween(t *testing.T) {
	_, url := start(t)
	c := dialProcess(t, url)
	parts := []string{`{"action":"get_ti`, ``, `me_data","request_`, `time":1}`}
	for i, p := range parts {
		f := ws.NewFrame(ws.OpContinuation, i == len(parts)-1, []byte(p))
		if i == 0 {
			f.Header.OpCode = ws.OpText
		}
		c.frame(f)
		if i == 1 {
			c.frame(ws.NewPingFrame([]byte("between")))
		}
	}
	pong := c.nextFrame()
	require.Equal(t, ws.OpPong, pong.Header.OpCode)
	require.Equal(t, "between", string(pong.Payload))
	require.Contains(t, c.next(), `"request_time":1}`)
}

func TestEachViolationOfTheWebsocketProtocolHasItsCloseCode(t *testing.T) {
	mask := func(f ws.Frame) []byte { return ws.MustCompileFrame(ws.MaskFrame(f)) }
	huge := append([]byte{0x81, 0xff}, binary.BigEndian.AppendUint64(nil, 1<<62)...)
	reserved := ws.NewTextFrame([]byte("x"))
	reserved.Header.Rsv = ws.Rsv(true, false, false)
	cases := map[string]struct {
		bytes []byte
		code  ws.StatusCode
	}{
		"not masked":                    {ws.MustCompileFrame(ws.NewTextFrame([]byte("{}"))), 1002},
		"unknown opcode":                {mask(ws.NewFrame(0x5, true, nil)), 1002},
		"16 bits for 2 bytes":           {[]byte{0x81, 0xfe, 0, 2, 0, 0, 0, 0, '{', '}'}, 1002},
		"16 bits for 125 bytes":         {append([]byte{0x81, 0xfe, 0, 125, 0, 0, 0, 0}, bytes.Repeat([]byte(" "), 125)...), 1002},
		"64 bits for 2 bytes":           {[]byte{0x81, 0xff, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, '{', '}'}, 1002},
		"64 bits for 200 bytes":         {append([]byte{0x81, 0xff, 0, 0, 0, 0, 0, 0, 0, 200, 0, 0, 0, 0}, bytes.Repeat([]byte(" "), 200)...), 1002},
		"64 bits for 65535 bytes":       {[]byte{0x81, 0xff, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0}, 1002},
		"16 bits for a close frame":     {[]byte{0x88, 0xfe, 0, 2, 0, 0, 0, 0, 3, 232}, 1002},
		"reserved bit":                  {mask(reserved), 1002},
		"continuation of nothing":       {mask(ws.NewFrame(ws.OpContinuation, true, nil)), 1002},
		"a new message inside another":  {append(mask(ws.NewFrame(ws.OpText, false, nil)), mask(ws.NewTextFrame(nil))...), 1002},
		"fragmented ping":               {mask(ws.NewFrame(ws.OpPing, false, nil)), 1002},
		"long ping":                     {mask(ws.NewPingFrame(bytes.Repeat([]byte("x"), 126))), 1002},
		"close code 1005":               {mask(ws.NewCloseFrame(ws.NewCloseFrameBody(1005, ""))), 1002},
		"close code 999":                {mask(ws.NewCloseFrame(ws.NewCloseFrameBody(999, ""))), 1002},
		"close code 1016":               {mask(ws.NewCloseFrame(ws.NewCloseFrameBody(1016, ""))), 1002},
		"close code 5000":               {mask(ws.NewCloseFrame(ws.NewCloseFrameBody(5000, ""))), 1002},
		"close reason not in UTF-8":     {mask(ws.NewCloseFrame([]byte{3, 232, 0xff})), 1007},
		"close frame of one byte":       {mask(ws.NewCloseFrame([]byte{3})), 1002},
		"invalid UTF-8":                 {mask(ws.NewTextFrame([]byte{'"', 0xff, '"'})), 1007},
		"longer than allowed":           {mask(ws.NewTextFrame(bytes.Repeat([]byte(" "), 2001))), 1009},
		"header of 2^62 bytes":          {append(huge, 0, 0, 0, 0), 1009},
		"fragments longer than allowed": {append(mask(ws.NewFrame(ws.OpText, false, bytes.Repeat([]byte(" "), 1500))), mask(ws.NewFrame(ws.OpContinuation, false, bytes.Repeat([]byte(" "), 501)))...), 1009},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // each waits a second for the peer to close the connection
			_, url := start(t, hub.WithLimits(hub.Limits{UserMessage: 2000}))
			bystander := dial(t, url, "token=bystander")
			c := dial(t, url, "token=user")
			_, err := c.nc.Write(tc.bytes)
			require.NoError(t, err)
			code, reason := c.waitClosed()
			require.Equal(t, tc.code, code)
			require.NotEmpty(t, reason)
			bystander.sync()
		})
	}
}

func TestAProcessMaySendLargerMessagesThanAUser(t *testing.T) {
	_, url := start(t)
	c := dialProcess(t, url).subscribe("event-A-0-s")
	big := strings.Repeat("x", 1<<20)
	c.send(`{"category":"event","data":[{"csc":"A","salindex":0,"data":{"s":"` + big + `"}}]}`)
	require.Contains(t, c.next(), big)
}

// maskedText is a text message as a client sends it.
func maskedText(text string) []byte {
	return ws.MustCompileFrame(ws.MaskFrameInPlace(ws.NewTextFrame([]byte(text))))
}

func TestMessagesMayArriveInAnyPieces(t *testing.T) {
	_, url := start(t)
	c := dialProcess(t, url)
	message := maskedText(`{"action":"get_time_data","request_time":1}`)
	for split := 1; split < len(message); split++ {
		_, err := c.nc.Write(message[:split])
		require.NoError(t, err)
		c.pause()
		_, err = c.nc.Write(message[split:])
		require.NoError(t, err)
		require.Contains(t, c.next(), `"request_time":1}`)
	}
}

func TestTheCloseCodeOfThePeerIsEchoed(t *testing.T) {
	_, url := start(t)
	for _, code := range []ws.StatusCode{1000, 1001, 1011, 1012, 1013, 1014, 3000, 4999} {
		c := dialProcess(t, url)
		c.close(ws.NewCloseFrameBody(code, "bye"))
		got, _ := c.waitClosed()
		require.Equal(t, code, got)
	}
}

func TestAnEmptyCloseFrameIsAnsweredWithAnEmptyOne(t *testing.T) {
	_, url := start(t)
	c := dialProcess(t, url)
	c.close(nil)
	answer := c.nextFrame()
	require.Equal(t, ws.OpClose, answer.Header.OpCode)
	require.Empty(t, answer.Payload)
}
