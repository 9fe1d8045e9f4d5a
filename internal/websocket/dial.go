package websocket

import (
	"bufio"
	"bytes"
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
	"strings"
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
	// Header has further lines for the handshake. What belongs to the handshake itself is
	// left out.
	Header http.Header
	// Jar, if set, gives the cookies of the handshake, and keeps those of the answer.
	Jar http.CookieJar
	// Deflate asks for permessage-deflate without context takeover in either direction,
	// and takes an answer without it for an error.
	Deflate bool
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
	in, err := d.handshake(conn, u)
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

// ownHeaders are the lines that the handshake itself sets, or that it cannot have.
var ownHeaders = map[string]bool{
	"Host": true, "Upgrade": true, "Connection": true, "Sec-Websocket-Version": true, "Sec-Websocket-Key": true,
	"Sec-Websocket-Extensions": true, "Sec-Websocket-Protocol": true, "Content-Length": true, "Transfer-Encoding": true,
}

// headerFor returns the further lines for the handshake with a site.
func (d Dialer) headerFor(site *url.URL) http.Header {
	r := http.Request{Header: d.Header.Clone()}
	if r.Header == nil {
		r.Header = http.Header{}
	}
	if d.Jar != nil {
		for _, c := range d.Jar.Cookies(site) {
			r.AddCookie(c)
		}
	}
	return r.Header
}

// handshake asks for the websocket of a URL and checks the answer.
func (d Dialer) handshake(conn net.Conn, u *url.URL) (*bufio.Reader, error) {
	nonce := make([]byte, 16)
	_, _ = rand.Read(nonce) // never fails
	key := base64.StdEncoding.EncodeToString(nonce)
	site := *u // as cookies know it
	site.Scheme = "http" + strings.TrimPrefix(u.Scheme, "ws")
	var request bytes.Buffer
	fmt.Fprintf(&request, "GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n",
		u.RequestURI(), u.Host, key)
	if d.Deflate {
		request.WriteString("Sec-WebSocket-Extensions: " + deflateOffer + "\r\n")
	}
	if err := d.headerFor(&site).WriteSubset(&request, ownHeaders); err != nil {
		return nil, err
	}
	request.WriteString("\r\n")
	if _, err := conn.Write(request.Bytes()); err != nil {
		return nil, err
	}
	limited := &io.LimitedReader{R: conn, N: maxAnswer}
	in := bufio.NewReader(limited)
	answer, err := http.ReadResponse(in, nil)
	if err != nil {
		return nil, fmt.Errorf("reading the answer to the handshake: %w", err)
	}
	if cookies := answer.Cookies(); d.Jar != nil && len(cookies) > 0 {
		d.Jar.SetCookies(&site, cookies)
	}
	if err := checkAnswer(answer, key); err != nil {
		return nil, err
	}
	if err := d.checkExtensions(answer); err != nil {
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
	for element := range header.List(answer.Header, "Sec-WebSocket-Protocol") {
		return fmt.Errorf("the answer to the handshake has the Sec-WebSocket-Protocol %q, for which nobody asked", element)
	}
	return nil
}

// deflateOffer asks for messages that do not depend on each other.
const deflateOffer = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"

// checkExtensions returns why the extensions of an answer are not those that the
// handshake asked for.
func (d Dialer) checkExtensions(answer *http.Response) error {
	agreed := false
	for element := range header.List(answer.Header, "Sec-WebSocket-Extensions") {
		e, err := parseExtension(element)
		if !d.Deflate || agreed || err != nil || e.name != deflateName {
			return fmt.Errorf("the answer to the handshake has the Sec-WebSocket-Extensions %q, for which nobody asked", element)
		}
		if !e.has(serverNoTakeover) {
			return fmt.Errorf("the answer to the handshake has the Sec-WebSocket-Extensions %q without server_no_context_takeover", element)
		}
		agreed = true
	}
	if d.Deflate && !agreed {
		return errors.New("the server does not compress: its answer to the handshake has no permessage-deflate")
	}
	return nil
}
