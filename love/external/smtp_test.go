package external_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/external"
)

// mailServer is a mail server with STARTTLS. It answers a log-in as it is told.
type mailServer struct {
	address string
	lines   chan string // what the client said, after STARTTLS
	trust   *tls.Config
}

func newMailServer(t *testing.T, logIn string) *mailServer {
	web := httptest.NewUnstartedServer(nil) // for its certificate
	web.StartTLS()
	t.Cleanup(web.Close)
	roots := x509.NewCertPool()
	roots.AddCert(web.Certificate())
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s := &mailServer{listener.Addr().String(), make(chan string, 1000), &tls.Config{RootCAs: roots, ServerName: "example.com"}}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			s.serve(conn, &tls.Config{Certificates: web.TLS.Certificates}, logIn)
		}
	}()
	t.Cleanup(func() {
		require.NoError(t, listener.Close())
		<-ended
	})
	return s
}

func (s *mailServer) serve(conn net.Conn, c *tls.Config, logIn string) {
	defer func() { conn.Close() }()
	fmt.Fprint(conn, "220 mail.example ESMTP\r\n")
	in := bufio.NewScanner(conn)
	secure, data := false, false
	for in.Scan() {
		line := in.Text()
		if secure {
			s.lines <- line
		}
		switch word, _, _ := strings.Cut(line, " "); {
		case data && line == ".":
			data = false
			fmt.Fprint(conn, "250 taken\r\n")
		case data:
		case word == "EHLO" && secure:
			fmt.Fprint(conn, "250-mail.example\r\n250 AUTH PLAIN LOGIN\r\n")
		case word == "EHLO":
			fmt.Fprint(conn, "250-mail.example\r\n250 STARTTLS\r\n")
		case word == "STARTTLS":
			fmt.Fprint(conn, "220 go on\r\n")
			conn = tls.Server(conn, c)
			in, secure = bufio.NewScanner(conn), true
		case word == "AUTH":
			fmt.Fprint(conn, logIn+"\r\n")
		case word == "DATA":
			data = true
			fmt.Fprint(conn, "354 go on\r\n")
		case word == "QUIT":
			fmt.Fprint(conn, "221 bye\r\n")
			return
		default:
			fmt.Fprint(conn, "250 ok\r\n")
		}
	}
}

// said returns what the client has said.
func (s *mailServer) said() string {
	var b strings.Builder
	for {
		select {
		case line := <-s.lines:
			b.WriteString(line + "\n")
		default:
			return b.String()
		}
	}
}

const mailPassword = "correct horse"

func TestAMailIsGivenToTheServerInBothForms(t *testing.T) {
	server := newMailServer(t, "235 welcome")
	m, err := external.NewSMTP(external.SMTPConfig{Server: server.address, User: "love@lsst.org", Password: mailPassword, TLS: server.trust})
	require.NoError(t, err)
	require.NoError(t, m.Send(t.Context(), external.Mail{To: "night@love.example", Subject: "Größe", Plain: "plain °", HTML: "<p>html</p>"}))
	said := server.said()
	for _, piece := range []string{
		"MAIL FROM:<love@lsst.org>", "RCPT TO:<night@love.example>", "multipart/alternative", "text/plain", "text/html", "plain =C2=B0", "<p>html</p>", "Subject: =?UTF-8?q?Gr",
	} {
		require.Contains(t, said, piece)
	}
	require.Contains(t, said, "AUTH PLAIN AGxvdmUAY29ycmVjdCBob3JzZQ==", "the user without the domain")
}

func TestAMailThatIsNotTakenIsAnErrorWithoutThePassword(t *testing.T) {
	server := newMailServer(t, "535 wrong: "+mailPassword)
	c := external.SMTPConfig{Server: server.address, User: "love", Password: mailPassword, TLS: server.trust}
	m, err := external.NewSMTP(c)
	require.NoError(t, err)
	mail := external.Mail{To: "night@love.example", Subject: "s", Plain: "p", HTML: "h"}
	err = m.Send(t.Context(), mail)
	require.ErrorContains(t, err, server.address+": ")
	require.ErrorContains(t, err, "535")
	require.NotContains(t, err.Error(), "horse")
	require.ErrorContains(t, m.Send(t.Context(), external.Mail{To: "nobody"}), `the recipient "nobody" is not a mail address`)

	server.said()
	c.TLS = nil // the machine does not know the certificate
	m, err = external.NewSMTP(c)
	require.NoError(t, err)
	require.ErrorContains(t, m.Send(t.Context(), mail), "certificate")
	require.NotContains(t, server.said(), "AUTH PLAIN", "nothing is said to a server that is not known")

	silent, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer silent.Close()
	c.Server = silent.Addr().String()
	m, err = external.NewSMTP(c)
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	require.Error(t, m.Send(ctx, mail), "a server that does not answer")
}

func TestAnAccountThatIsWrongIsAnError(t *testing.T) {
	for text, c := range map[string]external.SMTPConfig{
		"host and port":       {Server: "mail.example", User: "u", Password: "p"},
		"user and a password": {User: "u"},
		"sender":              {User: "u", Password: "p", From: "x y"},
	} {
		_, err := external.NewSMTP(c)
		require.ErrorContains(t, err, text)
	}
	_, err := external.NewSMTP(external.SMTPConfig{User: "u", Password: "p"})
	require.NoError(t, err, "the observatory's server by default")
}

func TestAnAccountIsCheckedWithoutAMail(t *testing.T) {
	server := newMailServer(t, "235 welcome")
	c := external.SMTPConfig{Server: server.address, User: "love", Password: mailPassword, TLS: server.trust}
	m, err := external.NewSMTP(c)
	require.NoError(t, err)
	require.NoError(t, m.Check(t.Context()))
	require.NotContains(t, server.said(), "MAIL FROM")
	server = newMailServer(t, "535 wrong")
	c.Server, c.TLS = server.address, server.trust
	m, err = external.NewSMTP(c)
	require.NoError(t, err)
	require.ErrorContains(t, m.Check(t.Context()), "535")
}
