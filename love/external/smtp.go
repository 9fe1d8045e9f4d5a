package external

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/url"
	"slices"
	"strconv"
	"strings"

	gomail "github.com/wneessen/go-mail"

	"github.com/rubin-love/love-go/internal/mask"
)

// DefaultMailServer is the observatory's mail server.
const DefaultMailServer = "exch-ls.lsst.org:587"

// SMTP is a [Mailer] that gives mails to a mail server, encrypted and with a log-in. It
// is safe for concurrent use.
type SMTP struct {
	config  SMTPConfig
	host    string
	options []gomail.Option
}

// SMTPConfig is the account of an [SMTP].
type SMTPConfig struct {
	// Server is the "host:port" of the mail server. It must know STARTTLS. Default:
	// [DefaultMailServer].
	Server string
	// User and Password are the log-in. Of a User at lsst.org the log-in is the part
	// before the @.
	User, Password string
	// From is the address of the sender. Default: the User, at lsst.org unless it is an
	// address.
	From string
	// TLS is the configuration of TLS. Default: the machine's certificates.
	TLS *tls.Config
}

const observatoryDomain = "@lsst.org"

// NewSMTP returns a mailer. It does not connect yet. The error says which setting is
// wrong.
func NewSMTP(c SMTPConfig) (*SMTP, error) {
	c.Server = cmp.Or(c.Server, DefaultMailServer)
	host, digits, err := net.SplitHostPort(c.Server)
	port, wrong := strconv.ParseUint(digits, 10, 16)
	if err != nil || wrong != nil || host == "" {
		return nil, fmt.Errorf("the mail server %q: give its host and port, such as %s", mask.Address(c.Server), DefaultMailServer)
	}
	if c.User == "" || c.Password == "" {
		return nil, errors.New("the mail server needs a user and a password")
	}
	if c.From == "" {
		c.From = strings.TrimSuffix(c.User, observatoryDomain)
		if !strings.Contains(c.From, "@") {
			c.From += observatoryDomain
		}
	}
	if _, err := mail.ParseAddress(c.From); err != nil {
		return nil, fmt.Errorf("the sender %q is not a mail address", c.From)
	}
	s := &SMTP{config: c, host: host, options: []gomail.Option{
		gomail.WithPort(int(port)), gomail.WithTLSPolicy(gomail.TLSMandatory),
		gomail.WithUsername(strings.TrimSuffix(c.User, observatoryDomain)), gomail.WithPassword(c.Password),
		gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover),
	}}
	if c.TLS != nil {
		s.options = append(s.options, gomail.WithTLSConfig(c.TLS))
	}
	_, err = gomail.NewClient(host, s.options...)
	return s, err
}

// Send implements [Mailer].
func (s *SMTP) Send(ctx context.Context, m Mail) error {
	message := gomail.NewMsg()
	if err := message.From(s.config.From); err != nil {
		return fmt.Errorf("the sender %q is not a mail address", s.config.From)
	}
	if err := message.To(m.To); err != nil {
		return fmt.Errorf("the recipient %q is not a mail address", m.To)
	}
	message.Subject(m.Subject)
	message.SetDate()
	message.SetMessageID()
	message.SetBodyString(gomail.TypeTextPlain, m.Plain)
	message.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	return s.talk(ctx, func(ctx context.Context, c *gomail.Client) error { return c.DialAndSendWithContext(ctx, message) })
}

// Check logs in at the server, and sends nothing. The error shows no secret.
func (s *SMTP) Check(ctx context.Context) error {
	return s.talk(ctx, func(ctx context.Context, c *gomail.Client) error {
		if err := c.DialWithContext(ctx); err != nil {
			return err
		}
		return c.Close()
	})
}

// talk has a conversation with the server. The library stops dialling when ctx ends, but
// not a conversation, so the connection is closed then.
func (s *SMTP) talk(ctx context.Context, what func(context.Context, *gomail.Client) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	dial := func(dialling context.Context, network, address string) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(dialling, network, address)
		if err == nil {
			context.AfterFunc(ctx, func() { _ = conn.Close() })
		}
		return conn, err
	}
	client, err := gomail.NewClient(s.host, append(slices.Clip(s.options), gomail.WithDialContextFunc(dial))...)
	if err == nil {
		err = what(ctx, client)
	}
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		account := url.URL{Scheme: "smtp", Host: s.config.Server, User: url.UserPassword(s.config.User, s.config.Password)}
		return fmt.Errorf("%s: %w", s.config.Server, mask.Error(err, account.String()))
	}
	return nil
}
