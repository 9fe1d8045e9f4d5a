package ldap_test

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/rubin-love/love-go/love/audit"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/auth/ldap"
	"github.com/rubin-love/love-go/love/auth/password"
	"github.com/rubin-love/love-go/love/lovetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func localUsers(t *testing.T) *auth.Users {
	t.Helper()
	u := auth.NewUsers(auth.NewMemoryUserStore(), password.New(password.WithCost(8, 1)))
	_, err := u.AddMissing(t.Context(), map[string]string{"admin": "local secret"})
	require.NoError(t, err)
	return u
}

func config(d *directory, scheme string) ldap.Config {
	return ldap.Config{
		Servers: []string{scheme + "://" + d.listen.Addr().String()}, TLS: d.client(),
		BindDN: "uid=svc,dc=example", BindPassword: "service secret", UserBase: "cn=users,dc=example",
	}
}

func newLDAP(t *testing.T, c ldap.Config, u *auth.Users, opts ...ldap.Option) *ldap.Authenticator {
	t.Helper()
	a, err := ldap.New(c, u, opts...)
	require.NoError(t, err)
	return a
}

func TestAuthenticator_PassesTheConformanceSuite(t *testing.T) {
	lovetest.RunAuthenticator(t, func(t *testing.T) lovetest.AuthenticatorSetup {
		d, users := newDirectory(t, true), localUsers(t)
		return lovetest.AuthenticatorSetup{
			Authenticator: newLDAP(t, config(d, "ldaps"), users), Username: "ada", Password: "ada's secret",
			Disable: func(t *testing.T) { require.NoError(t, users.SetActive(t.Context(), "ada", false)) },
			Break:   func(*testing.T) { d.close() },
		}
	})
}

func TestLogIn_OverStartTLSAndLDAPS(t *testing.T) {
	for scheme, secure := range map[string]bool{"ldap": false, "ldaps": true} {
		t.Run(scheme, func(t *testing.T) {
			d, users := newDirectory(t, secure), localUsers(t)
			a := newLDAP(t, config(d, scheme), users)
			ada, err := a.Authenticate(t.Context(), "ada", "ada's secret")
			require.NoError(t, err)
			require.Equal(t, "ada@example.org", ada.Email)
			require.Equal(t, "Ada", ada.FirstName)
			require.Equal(t, []string{auth.GroupCommand, auth.GroupUIFramework}, ada.Groups, "by love_ops")
			require.Contains(t, ada.GroupPermissions, auth.ExecuteCommand)

			bob, err := a.Authenticate(t.Context(), "bob", "bob's secret")
			require.NoError(t, err)
			require.Empty(t, bob.Groups)
			_, err = users.Lookup(t.Context(), "bob")
			require.NoError(t, err, "tokens find a user of LDAP")

			again, err := a.Authenticate(t.Context(), "ADA", "ada's secret")
			require.NoError(t, err)
			require.Equal(t, "ada", again.Username, "the directory's spelling counts")
			require.Empty(t, d.plain, "no password without TLS")
			require.NoError(t, a.Check(t.Context()))
		})
	}
}

func TestLogIn_ThatIsWrongIsRefused(t *testing.T) {
	d, users := newDirectory(t, false), localUsers(t)
	a := newLDAP(t, config(d, "ldap"), users)
	for name, c := range map[string][2]string{
		"wrong password":              {"ada", "bob's secret"},
		"empty password":              {"ada", ""},
		"empty name":                  {"", "x"},
		"unknown user":                {"eve", "x"},
		"a filter that finds anybody": {"*", "ada's secret"},
		"a filter that continues":     {"ada)(uid=*", "ada's secret"},
		"a filter that ends":          {"ada)(&)\x00", "ada's secret"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := a.Authenticate(t.Context(), c[0], c[1])
			require.Equal(t, auth.ErrCredentials, err)
		})
	}
	all := strings.Join(d.filters, " ")
	require.Contains(t, all, `(uid=\2a)`)
	require.Contains(t, all, `(uid=ada\29\28uid=\2a)`)
	require.NoError(t, users.SetActive(t.Context(), "admin", true))
	d.mu.Lock()
	d.entries["(uid=admin)"] = entry{"uid=admin,dc=evil", map[string][]string{"uid": {"admin"}}}
	d.mu.Unlock()
	d.binds["uid=admin,dc=evil"] = "x"
	_, err := a.Authenticate(t.Context(), "admin", "x")
	require.ErrorIs(t, err, auth.ErrCredentials, "a local user is not taken over")
}

func TestGroup_MustBeBelowItsBaseOrNameItsMember(t *testing.T) {
	d := newDirectory(t, false)
	c := config(d, "ldap")
	c.GroupBase = "cn=groups,dc=example"
	got, err := newLDAP(t, c, localUsers(t)).Authenticate(t.Context(), "ada", "ada's secret")
	require.NoError(t, err)
	require.NotEmpty(t, got.Groups)

	c.GroupBase = "cn=elsewhere,dc=example"
	got, err = newLDAP(t, c, localUsers(t)).Authenticate(t.Context(), "ada", "ada's secret")
	require.NoError(t, err)
	require.Empty(t, got.Groups, "a group of that name elsewhere is another one")

	const byMember = "(&(cn=love_ops)(|(member=uid=bob,cn=users,dc=example)(uniqueMember=uid=bob,cn=users,dc=example)(memberUid=bob)))"
	d.mu.Lock()
	d.entries[byMember] = entry{dn: "cn=love_ops,cn=groups,dc=example", attributes: map[string][]string{"cn": {"love_ops"}}}
	d.mu.Unlock()
	got, err = newLDAP(t, c, localUsers(t)).Authenticate(t.Context(), "bob", "bob's secret")
	require.NoError(t, err)
	require.NotEmpty(t, got.Groups)
}

func TestLogIn_RecordsWhatItGrants(t *testing.T) {
	d, log := newDirectory(t, false), new(audit.MemoryLog)
	a := newLDAP(t, config(d, "ldap"), localUsers(t), ldap.WithAuditor(audit.NewAuditor(log)))
	logIn := func(member bool) {
		d.mu.Lock()
		d.entries["(uid=ada)"].attributes["memberOf"] = map[bool][]string{true: {"cn=love_ops,cn=groups,dc=example"}}[member]
		d.mu.Unlock()
		_, err := a.Authenticate(t.Context(), "ada", "ada's secret")
		require.NoError(t, err)
	}
	for _, member := range []bool{false, false, true, true, false} {
		logIn(member)
	}
	got, err := log.Records(t.Context(), 10)
	require.NoError(t, err)
	require.Len(t, got, 2, "the other log-ins changed nothing")
	for i := range got {
		require.Equal(t, "LDAP", got[i].Actor)
		require.Equal(t, "ada", got[i].Subject)
		require.Equal(t, audit.Done, got[i].Outcome)
	}
	require.Equal(t, audit.UserAdded, got[1].Action)
	require.Equal(t, audit.PermissionGranted, got[0].Action)
	require.Equal(t, "groups: cmd, ui_framework", got[0].Detail)
}

// fullLog keeps nothing.
type fullLog struct{ audit.Log }

func (fullLog) Record(context.Context, audit.Record) error { return auth.ErrUnavailable }

func TestLogIn_ThatCannotBeRecordedFails(t *testing.T) {
	a := newLDAP(t, config(newDirectory(t, false), "ldap"), localUsers(t), ldap.WithAuditor(audit.NewAuditor(fullLog{})))
	_, err := a.Authenticate(t.Context(), "ada", "ada's secret")
	require.ErrorIs(t, err, auth.ErrUnavailable)
}

func TestServer_ThatIsAwayIsReplacedByTheNext(t *testing.T) {
	d := newDirectory(t, false)
	c := config(d, "ldap")
	c.Servers = append([]string{"ldap://" + closedPort(t)}, c.Servers...)
	_, err := newLDAP(t, c, localUsers(t)).Authenticate(t.Context(), "ada", "ada's secret")
	require.NoError(t, err)
}

func closedPort(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return l.Addr().String()
}

// silentServer accepts connections and never answers.
func silentServer(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { c.Close() })
		}
	}()
	t.Cleanup(func() {
		l.Close()
		<-done
	})
	return l.Addr().String()
}

func TestServer_ThatHangsDelaysOneLogInOnly(t *testing.T) {
	clock := lovetest.NewClock(time.Now())
	c := ldap.Config{Servers: []string{"ldap://" + silentServer(t), "ldaps://" + silentServer(t)}, UserBase: "dc=example", Timeout: 100 * time.Millisecond}
	a := newLDAP(t, c, localUsers(t), ldap.WithClock(clock))
	began := time.Now()
	_, err := a.Authenticate(t.Context(), "ada", "ada's secret")
	require.ErrorIs(t, err, auth.ErrUnavailable)
	require.Less(t, time.Since(began), 5*time.Second)
	require.NotContains(t, err.Error(), "ada's secret")

	began = time.Now()
	_, err = a.Authenticate(t.Context(), "ada", "ada's secret")
	require.ErrorIs(t, err, auth.ErrUnavailable)
	require.Less(t, time.Since(began), 50*time.Millisecond)
	clock.Advance(time.Minute)
	began = time.Now()
	_, err = a.Authenticate(t.Context(), "ada", "ada's secret")
	require.ErrorIs(t, err, auth.ErrUnavailable)
	require.GreaterOrEqual(t, time.Since(began), 50*time.Millisecond, "asked again")
	require.Error(t, a.Check(t.Context()))
}

func TestLocalUsers_DoNotWaitForAServerThatHangs(t *testing.T) {
	users := localUsers(t)
	a := newLDAP(t, ldap.Config{Servers: []string{"ldap://" + silentServer(t)}, UserBase: "dc=example"}, users)
	began := time.Now()
	got, err := auth.FirstOf{a, users}.Authenticate(t.Context(), "admin", "local secret")
	require.NoError(t, err)
	require.Equal(t, "admin", got.Username)
	require.Less(t, time.Since(began), 2*time.Second)
}

func TestServer_WithAnUnknownCertificateGetsNoPassword(t *testing.T) {
	for scheme, secure := range map[string]bool{"ldap": false, "ldaps": true} {
		d := newDirectory(t, secure)
		c := config(d, scheme)
		c.TLS = nil
		_, err := newLDAP(t, c, localUsers(t)).Authenticate(t.Context(), "ada", "ada's secret")
		require.ErrorIs(t, err, auth.ErrUnavailable)
		require.ErrorContains(t, err, "certificate")
		require.Empty(t, d.plain)
		require.Empty(t, d.filters)
	}
}

func TestServer_WithoutTLSIsUsedOnlyIfAllowed(t *testing.T) {
	d := newDirectory(t, false)
	c := config(d, "ldap")
	c.AllowPlain = true
	_, err := newLDAP(t, c, localUsers(t)).Authenticate(t.Context(), "ada", "ada's secret")
	require.NoError(t, err)
	require.Contains(t, d.plain, "ada's secret")
}

func TestServiceAccount_ThatIsWrongIsNotARefusal(t *testing.T) {
	d := newDirectory(t, false)
	c := config(d, "ldap")
	c.BindPassword = "old service secret"
	_, err := newLDAP(t, c, localUsers(t)).Authenticate(t.Context(), "ada", "ada's secret")
	require.ErrorIs(t, err, auth.ErrUnavailable)
	require.ErrorContains(t, err, "logging in as uid=svc,dc=example: Invalid Credentials")
	require.NotContains(t, err.Error(), "secret")
}

func TestLogIn_EndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	a := newLDAP(t, ldap.Config{Servers: []string{"ldap://" + silentServer(t)}, UserBase: "dc=example"}, localUsers(t))
	_, err := a.Authenticate(ctx, "ada", "x")
	require.ErrorIs(t, err, context.Canceled)
}

func TestNew_ReportsWhatIsWrong(t *testing.T) {
	for want, c := range map[string]ldap.Config{
		"1 to 3 servers":            {UserBase: "x"},
		"not 4":                     {UserBase: "x", Servers: []string{"ldap://a", "ldap://b", "ldap://c", "ldap://d"}},
		"below which the users are": {Servers: []string{"ldap://a"}},
		`"http://a"`:                {UserBase: "x", Servers: []string{"http://a"}},
		`"ldap://"`:                 {UserBase: "x", Servers: []string{"ldap://"}},
	} {
		_, err := ldap.New(c, nil)
		require.ErrorContains(t, err, want)
	}
}
