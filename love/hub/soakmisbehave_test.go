package hub_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/gobwas/ws"

	"github.com/rubin-love/love-go/love"
)

// misbehave does what a peer may not do, and checks what becomes of it.
func (c *soakClient) misbehave(ctx context.Context) error {
	switch c.rng.IntN(10) {
	case 0:
		return c.breach(ws.StatusProtocolError, []byte{0x81, 0x01, 'x'}) // not masked
	case 1:
		f := ws.MaskFrameInPlace(ws.NewTextFrame([]byte{0xff}))
		return c.breach(ws.StatusInvalidFramePayloadData, ws.MustCompileFrame(f))
	case 2:
		big := binary.BigEndian.AppendUint64([]byte{0x81, 0xff}, 1<<30)
		return c.breach(ws.StatusMessageTooBig, append(big, 0, 0, 0, 0))
	case 3:
		return c.flood()
	case 4:
		if c.name != "" {
			c.hub.disconnected.Store(c.name, time.Now())
			c.hub.hub.DisconnectToken("id-of-" + c.name)
		}
		return nil
	case 5:
		return c.dialRefused()
	case 6:
		return c.pause(ctx, 5*time.Second)
	}
	return c.pause(ctx, time.Duration(c.rng.IntN(1500))*time.Millisecond)
}

// breach sends bytes for which the hub must close with the code.
func (c *soakClient) breach(code ws.StatusCode, sent []byte) error {
	if err := c.await(); err != nil {
		return err
	}
	c.misbehaved, c.closeCode = true, code
	_, _ = c.conn.Write(sent)
	if err := c.pump(timeout); err != nil {
		return err
	}
	return fmt.Errorf("the hub has not closed with %d", code)
}

// flood asks without reading.
func (c *soakClient) flood() error {
	c.paused = true
	for range 3000 {
		if err := c.ask(soakRequest{kind: askTime}, `{"action":"get_time_data","request_time":0}`); err != nil {
			return err
		}
	}
	return nil
}

func (c *soakClient) dialRefused() error {
	for query, header := range map[string]string{"": "", "password=process": "http://evil.example"} {
		d := ws.Dialer{Header: ws.HandshakeHeaderHTTP(http.Header{"Origin": {header}})}
		conn, _, _, err := d.Dial(context.Background(), c.hub.url+"/?"+query)
		if err == nil {
			_ = conn.Close()
		}
		if status, refused := errors.AsType[ws.StatusError](err); !refused || status != http.StatusForbidden {
			return fmt.Errorf("a handshake with %q from %q: %w instead of 403", query, header, err)
		}
	}
	return nil
}

// pause stops reading for a while.
func (c *soakClient) pause(ctx context.Context, d time.Duration) error {
	c.paused = true
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
	return nil
}

// askRefused sends a message that the hub ignores or refuses, and answers.
func (c *soakClient) askRefused() error {
	messages := []string{
		`[]`,
		`{"option":"subscribe","category":1,"csc":"A","salindex":0,"stream":"s"}`,
		request("subscribe", love.StreamGroup("event", strings.Repeat("x", soakLimits.GroupName), 0, "s").String()),
		withOptions("event-A-0-s", `"max_rate":0`),
	}
	if c.name != "" {
		messages = append(messages, `{"category":"event","data":[{"csc":"P0","salindex":1,"data":{"s0":{"i":-1}}}]}`)
	}
	return c.ask(soakRequest{kind: askRefused}, messages[c.rng.IntN(len(messages))])
}

// cut ends the connection in one of the ways that happen.
func (c *soakClient) cut() error {
	switch c.rng.IntN(4) {
	case 0:
		return c.closeHandshake()
	case 1:
		_ = c.conn.(*net.TCPConn).SetLinger(0) // a reset
	case 2: // half closed
		_ = c.conn.(*net.TCPConn).CloseWrite()
		_ = c.conn.SetReadDeadline(time.Now().Add(timeout))
		if _, err := io.Copy(io.Discard, c.conn); errors.Is(err, os.ErrDeadlineExceeded) {
			return errors.New("the hub keeps a connection whose peer has closed")
		}
	}
	c.drop()
	return nil
}
