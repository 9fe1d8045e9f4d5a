package websocket

import (
	"bufio"
	"cmp"
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/rubin-love/love-go/internal/header"
)

// maxAnswer is the size of the largest answer to a handshake, in bytes.
const maxAnswer = 64 << 10

// StatusError is the HTTP status of an answer that refuses a handshake.
type StatusError int

// Error implements error.
func (s StatusError) Error() string {
	return fmt.Sprintf("the handshake was answered with HTTP %d", int(s))
}

// Dialer connects to websockets.
type Dialer struct {
	// NetDial makes the network connection. Default: that of net.Dialer.
	NetDial func(ctx context.Context, network, address string) (net.Conn, error)
	// Timeout limits connecting and the handshake together.
	Timeout time.Duration
}

// Dial connects to a websocket, ws:// or wss://, and performs the handshake. What
// the server has sent since is in the reader, which also reads what follows. The
// error is a [StatusError] if the server refuses; it never shows the URL, which may
// hold a password.
func (d Dialer) Dial(ctx context.Context, target string) (net.Conn, *bufio.Reader, error) {
	u, err := url.Parse(target)
	if err != nil || u.Scheme != "ws" && u.Scheme != "wss" {
		return nil, nil, errors.New("the URL is not one of a websocket, ws:// or wss://")
	}
	ctx, cancel := context.WithTimeout(ctx, d.Timeout)
	defer cancel()
	conn, err := d.connect(ctx, u)
	if err != nil {
		return nil, nil, err
	}
	interrupted := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	in, err := handshake(conn, u)
	if !interrupted() {
		err = ctx.Err()
	}
	if err != nil {
		_ = conn.Close()
		return nil, nil, err
	}
	return conn, in, nil
}

func (d Dialer) connect(ctx context.Context, u *url.URL) (net.Conn, error) {
	dial := d.NetDial
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	port := map[string]string{"ws": "80", "wss": "443"}[u.Scheme]
	conn, err := dial(ctx, "tcp", net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), port)))
	if err != nil || u.Scheme == "ws" {
		return conn, err
	}
	return tls.Client(conn, &tls.Config{ServerName: u.Hostname()}), nil
}

// handshake asks for the websocket of a URL and checks the answer.
func handshake(conn net.Conn, u *url.URL) (*bufio.Reader, error) {
	nonce := make([]byte, 16)
	_, _ = rand.Read(nonce) // never fails
	key := base64.StdEncoding.EncodeToString(nonce)
	_, err := fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n\r\n",
		u.RequestURI(), u.Host, key)
	if err != nil {
		return nil, err
	}
	limited := &io.LimitedReader{R: conn, N: maxAnswer}
	in := bufio.NewReader(limited)
	answer, err := http.ReadResponse(in, nil)
	if err != nil {
		return nil, fmt.Errorf("reading the answer to the handshake: %w", err)
	}
	if err := checkAnswer(answer, key); err != nil {
		return nil, err
	}
	limited.N = math.MaxInt64
	return in, nil
}

// checkAnswer returns why an answer does not accept the handshake with the key.
func checkAnswer(answer *http.Response, key string) error {
	accepts := answer.Header.Values("Sec-Websocket-Accept")
	switch {
	case answer.StatusCode != http.StatusSwitchingProtocols:
		return StatusError(answer.StatusCode)
	case !header.Has(answer.Header, "Upgrade", "websocket") || !header.Has(answer.Header, "Connection", "upgrade"):
		return errors.New("the answer to the handshake lacks Upgrade: websocket or Connection: Upgrade")
	case len(accepts) != 1 || accepts[0] != Accept(key):
		return errors.New("the answer to the handshake has a wrong Sec-WebSocket-Accept")
	}
	for _, name := range []string{"Sec-WebSocket-Extensions", "Sec-WebSocket-Protocol"} {
		for element := range header.List(answer.Header, name) {
			return fmt.Errorf("the answer to the handshake has the %s %q, for which nobody asked", name, element)
		}
	}
	return nil
}
