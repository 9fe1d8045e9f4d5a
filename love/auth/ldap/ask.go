package ldap

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/go-ldap/ldap/v3"

	"github.com/rubin-love/love-go/love/auth"
)

// ask asks one server for one user.
func (a *Authenticator) ask(ctx context.Context, s server, username, password string) (auth.User, error) {
	ctx, cancel := context.WithTimeout(ctx, a.config.Timeout/time.Duration(len(a.servers)))
	defer cancel()
	conn, err := a.connect(ctx, s)
	if err != nil {
		return auth.User{}, err
	}
	defer conn.Close()
	// The library takes no context: closing the connection ends its calls.
	defer context.AfterFunc(ctx, func() { conn.Close() })()

	if a.config.BindDN != "" {
		if err := conn.Bind(a.config.BindDN, a.config.BindPassword); err != nil {
			return auth.User{}, fmt.Errorf("logging in as %s: %w", a.config.BindDN, withoutSecret(err))
		}
	}
	entry, err := a.find(conn, username)
	if err != nil {
		return auth.User{}, err
	}
	if password == "" { // a bind would succeed, anonymously
		return auth.User{}, auth.ErrCredentials
	}
	user := a.userOf(entry)
	user.Version = a.versionOf(ctx, user.Username)
	if a.isInGroup(conn, entry) {
		user.Groups = []string{auth.GroupCommand, auth.GroupUIFramework}
	}
	switch err := conn.Bind(entry.DN, password); {
	case ldap.IsErrorAnyOf(err, ldap.LDAPResultInvalidCredentials, ldap.LDAPResultInsufficientAccessRights,
		ldap.LDAPResultUnwillingToPerform, ldap.LDAPResultConstraintViolation, ldap.LDAPResultInappropriateAuthentication):
		return auth.User{}, auth.ErrCredentials
	case err != nil:
		return auth.User{}, fmt.Errorf("checking the password: %w", withoutSecret(err))
	}
	return user, nil
}

// versionOf returns the version of a user as the user is here now. It is zero if
// there is none, or no user who may log in: Provision then decides.
func (a *Authenticator) versionOf(ctx context.Context, username string) int64 {
	directory, ok := a.users.(auth.Directory)
	if !ok {
		return 0
	}
	known, err := directory.Lookup(ctx, username)
	if err != nil {
		return 0
	}
	return known.Version
}

// withoutSecret returns the part of a bind's error that cannot hold the password.
func withoutSecret(err error) error {
	if e, ok := errors.AsType[*ldap.Error](err); ok {
		return errors.New(ldap.LDAPResultCodeMap[e.ResultCode])
	}
	return errors.New("the connection was lost")
}

func (a *Authenticator) connect(ctx context.Context, s server) (*ldap.Conn, error) {
	raw, err := (&net.Dialer{}).DialContext(ctx, "tcp", s.address)
	if err != nil {
		return nil, err
	}
	settings := a.config.TLS.Clone()
	if settings == nil {
		settings = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	if settings.ServerName == "" {
		settings.ServerName = s.host
	}
	if s.secure {
		secured := tls.Client(raw, settings)
		if err := secured.HandshakeContext(ctx); err != nil {
			return nil, errors.Join(fmt.Errorf("securing the connection: %w", err), raw.Close())
		}
		raw = secured
	}
	conn := ldap.NewConn(raw, s.secure)
	conn.Start()
	if s.secure || a.config.AllowPlain {
		return conn, nil
	}
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	if err := conn.StartTLS(settings); err != nil {
		return nil, errors.Join(fmt.Errorf("securing the connection (StartTLS): %w", err), conn.Close())
	}
	return conn, nil
}

// find returns the entry of a user. The error is errNoUser if there is none,
// and wraps auth.ErrCredentials if there are several.
func (a *Authenticator) find(conn *ldap.Conn, username string) (*ldap.Entry, error) {
	filter := fmt.Sprintf("(%s=%s)", a.config.UserAttribute, ldap.EscapeFilter(username))
	result, err := conn.Search(ldap.NewSearchRequest(a.config.UserBase, ldap.ScopeWholeSubtree, ldap.NeverDerefAliases, 2, 0, false,
		filter, []string{a.config.UserAttribute, "mail", "givenName", "sn", "memberOf"}, nil))
	switch {
	case ldap.IsErrorWithCode(err, ldap.LDAPResultNoSuchObject):
		return nil, errNoUser
	case ldap.IsErrorWithCode(err, ldap.LDAPResultSizeLimitExceeded):
		return nil, auth.ErrCredentials // several users: it is unknown which one is meant
	case err != nil:
		return nil, fmt.Errorf("searching for the user: %w", err)
	case len(result.Entries) == 0:
		return nil, errNoUser
	case len(result.Entries) > 1:
		return nil, auth.ErrCredentials
	}
	return result.Entries[0], nil
}

// userOf returns the user of an entry, under the directory's name, because the
// name that was typed may differ in case.
func (a *Authenticator) userOf(e *ldap.Entry) auth.User {
	return auth.User{
		Username:  e.GetAttributeValue(a.config.UserAttribute),
		Email:     e.GetAttributeValue("mail"),
		FirstName: e.GetAttributeValue("givenName"),
		LastName:  e.GetAttributeValue("sn"),
	}
}

// isInGroup reports whether a user is in the command group, according to the
// user's memberOf or to the group itself. It is false if the search fails.
func (a *Authenticator) isInGroup(conn *ldap.Conn, e *ldap.Entry) bool {
	for _, text := range e.GetAttributeValues("memberOf") {
		if a.isTheGroup(text) {
			return true
		}
	}
	if a.config.GroupBase == "" {
		return false
	}
	dn, name := ldap.EscapeFilter(e.DN), ldap.EscapeFilter(e.GetAttributeValue(a.config.UserAttribute))
	filter := fmt.Sprintf("(&(cn=%s)(|(member=%s)(uniqueMember=%s)(memberUid=%s)))", ldap.EscapeFilter(a.config.CommandGroup), dn, dn, name)
	result, err := conn.Search(ldap.NewSearchRequest(a.config.GroupBase, ldap.ScopeWholeSubtree, ldap.NeverDerefAliases, 1, 0, false,
		filter, []string{"cn"}, nil))
	return err == nil && len(result.Entries) > 0
}

func (a *Authenticator) isTheGroup(text string) bool {
	dn, err := ldap.ParseDN(text)
	if err != nil || len(dn.RDNs) == 0 || len(dn.RDNs[0].Attributes) != 1 {
		return false
	}
	first := dn.RDNs[0].Attributes[0]
	if !strings.EqualFold(first.Type, "cn") || !strings.EqualFold(first.Value, a.config.CommandGroup) {
		return false
	}
	if a.config.GroupBase == "" {
		return true
	}
	base, err := ldap.ParseDN(a.config.GroupBase)
	return err == nil && base.AncestorOfFold(dn)
}
