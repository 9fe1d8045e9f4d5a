package hub_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/gobwas/ws"
	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/hub"
)

func TestAMessageThatBreaksARuleIsAnsweredAndTheConnectionLives(t *testing.T) {
	h, url := start(t)
	c := process(t, url).subscribe("event-Secret-0-s")
	cases := map[string]string{
		``:                                `not JSON at byte 0: expected a value`,
		`{"category":`:                    `not JSON at byte 12: expected a value`,
		`{"category":"event"`:             `not JSON at byte 19: expected ',' or '}'`,
		`[]`:                              `\"message\" must be a JSON object`,
		`7`:                               `\"message\" must be a JSON object`,
		`{}`:                              `\"category\" must be there, and a text`,
		`{"category":1,"data":[]}`:        `\"category\" must be there, and a text`,
		`{"category":"event"}`:            `\"data\" is missing: send a list of objects`,
		`{"category":"event","data":{}}`:  `\"data\" must be a list of objects`,
		`{"category":"event","data":[7]}`: `\"data\" must hold only objects: one element is not`,
		`{"category":"event","data":[{"salindex":0,"data":{}}]}`:                   `\"csc\" is missing: send the component's name`,
		`{"category":"event","data":[{"csc":1,"salindex":0,"data":{}}]}`:           `\"csc\" must be a text`,
		`{"category":"event","data":[{"csc":"Secret","data":{}}]}`:                 `\"salindex\" is missing: send a number or \"all\"`,
		`{"category":"event","data":[{"csc":"Secret","salindex":null,"data":{}}]}`: `\"salindex\" must be a number or a text`,
		`{"category":"event","data":[{"csc":"Secret","salindex":0}]}`:              `\"data\" of an element is missing: send an object of streams`,
		`{"category":"event","data":[{"csc":"Secret","salindex":0,"data":[1]}]}`:   `\"data\" of an element must be an object of streams`,
		`{"option":"subscribe"}`: `\"category\" must be there, and a text`,
		`{"option":"subscribe","category":"event","csc":"Secret","stream":"s"}`:    `\"salindex\" must be a number or a text such as \"all\"`,
		`{"option":"subscribe","category":"event","csc":"Secret","salindex":0}`:    `\"stream\" must be a text`,
		`{"option":"subscribe","category":"event","salindex":0,"stream":"s"}`:      `\"csc\" must be a text`,
		`{"option":1,"category":"event","csc":"Secret","salindex":0,"stream":"s"}`: `\"option\" must be a text`,
		`{"action":1}`:               `\"action\" must be a text`,
		`{"action":"get_time_data"}`: `\"request_time\" is missing: it is returned with the answer`,
		`{"category":"event","data":` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + `}`: `nested deeper than 512 levels`,
	}
	for message, rule := range cases {
		c.send(message)
		answer := "Message ignored: "
		if strings.Contains(message, `"data":[`) && json.Valid([]byte(message)) && strings.Contains(message, `"event"`) {
			answer = "Part of the message ignored: "
		}
		require.Equal(t, []string{`{"data":"` + answer + rule + `"}`}, c.alive(), "%.100s", message)
	}
	require.EqualValues(t, len(cases), h.Stats().Denied["malformed"])
}

func TestTheGoodItemsOfABadMessageAreDelivered(t *testing.T) {
	_, url := start(t)
	c := process(t, url).subscribe("event-A-0-s")
	c.send(`{"category":"event","data":[{"csc":"A"},{"csc":"A","salindex":0,"data":{"s":1}},null]}`)
	require.Equal(t, []string{
		`{"data":"Part of the message ignored: \"salindex\" is missing: send a number or \"all\""}`,
		`{"category":"event","data":[{"csc":"A","salindex":0,"data":{"s":1}}],"subscription":"event-A-0-s"}`,
	}, c.alive())
}

func TestABinaryFrameIsAnsweredAndIgnored(t *testing.T) {
	_, url := start(t)
	c := process(t, url)
	c.frame(ws.NewBinaryFrame([]byte{1, 2, 3}))
	require.Equal(t, []string{`{"data":"Message ignored: \"message\" must be a text frame, not a binary one"}`}, c.alive())
}

func TestAMessageMayComeInFragmentsWithControlFramesBetween(t *testing.T) {
	_, url := start(t)
	c := process(t, url)
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

func TestABreachOfTheWebsocketProtocolHasItsCloseCode(t *testing.T) {
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
		"reserved bit":                  {mask(reserved), 1002},
		"continuation of nothing":       {mask(ws.NewFrame(ws.OpContinuation, true, nil)), 1002},
		"a new message inside another":  {append(mask(ws.NewFrame(ws.OpText, false, nil)), mask(ws.NewTextFrame(nil))...), 1002},
		"fragmented ping":               {mask(ws.NewFrame(ws.OpPing, false, nil)), 1002},
		"long ping":                     {mask(ws.NewPingFrame(bytes.Repeat([]byte("x"), 126))), 1002},
		"close code 1005":               {mask(ws.NewCloseFrame(ws.NewCloseFrameBody(1005, ""))), 1002},
		"close frame of one byte":       {mask(ws.NewCloseFrame([]byte{3})), 1002},
		"invalid UTF-8":                 {mask(ws.NewTextFrame([]byte{'"', 0xff, '"'})), 1007},
		"longer than allowed":           {mask(ws.NewTextFrame(bytes.Repeat([]byte(" "), 2001))), 1009},
		"header of 2^62 bytes":          {append(huge, 0, 0, 0, 0), 1009},
		"fragments longer than allowed": {append(mask(ws.NewFrame(ws.OpText, false, bytes.Repeat([]byte(" "), 1500))), mask(ws.NewFrame(ws.OpContinuation, false, bytes.Repeat([]byte(" "), 501)))...), 1009},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // each waits a second for the peer to hang up
			_, url := start(t, hub.WithLimits(hub.Limits{UserMessage: 2000}))
			bystander := dial(t, url, "token=bystander")
			c := dial(t, url, "token=user")
			_, err := c.nc.Write(tc.bytes)
			require.NoError(t, err)
			code, reason := c.closed()
			require.Equal(t, tc.code, code)
			require.NotEmpty(t, reason)
			bystander.alive()
		})
	}
}

func TestAProcessMaySendLargerMessagesThanAUser(t *testing.T) {
	_, url := start(t)
	c := process(t, url).subscribe("event-A-0-s")
	big := strings.Repeat("x", 1<<20)
	c.send(`{"category":"event","data":[{"csc":"A","salindex":0,"data":{"s":"` + big + `"}}]}`)
	require.Contains(t, c.next(), big)
}

func TestHandshakesAreRefusedInJSON(t *testing.T) {
	h, url := start(t, hub.WithLimits(hub.Limits{Sessions: 1}), hub.WithOrigins(func(o string) bool { return o != "http://evil.example" }))
	http1 := "http" + strings.TrimPrefix(url, "ws")
	get := func(query string, header ...string) (int, string) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, http1+"/?"+query, nil)
		require.NoError(t, err)
		for i := 0; i < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		resp, err := http.DefaultTransport.RoundTrip(r)
		require.NoError(t, err)
		defer resp.Body.Close()
		var b bytes.Buffer
		_, _ = b.ReadFrom(resp.Body)
		return resp.StatusCode, b.String()
	}
	handshake := []string{"Connection", "Upgrade", "Upgrade", "websocket", "Sec-Websocket-Version", "13", "Sec-Websocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="}

	status, body := get("password=process")
	require.Equal(t, 426, status)
	require.JSONEq(t, `{"detail":"this is the websocket of the manager: connect with a websocket client"}`, body)
	for header, value := range map[string]string{"Sec-Websocket-Version": "8", "Sec-Websocket-Key": "abc", "Upgrade": "h2c", "Connection": "close"} {
		status, body = get("password=process", append(handshake, header, value)...)
		require.Equal(t, 426, status, header)
		require.Contains(t, body, `{"detail":"`)
	}
	status, body = get("password=wrong", handshake...)
	require.Equal(t, 403, status)
	require.JSONEq(t, `{"detail":"give a token or the process password"}`, body)
	status, _ = get("password=process", append(handshake, "Origin", "http://evil.example")...)
	require.Equal(t, 403, status)

	process(t, url).alive()
	status, body = get("password=process", handshake...)
	require.Equal(t, 503, status)
	require.Contains(t, body, "no place")
	require.EqualValues(t, 1, h.Stats().Denied["gate"])
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
}
