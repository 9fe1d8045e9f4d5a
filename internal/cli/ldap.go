package cli

import (
	"fmt"

	"github.com/spf13/pflag"

	"github.com/rubin-love/love-go/love/auth/ldap"
)

// ldapFlags are the LDAP servers with users beside the local ones. The
// defaults are those of the observatory.
type ldapFlags struct {
	servers    [3]string
	bindDN     string
	password   string
	userBase   string
	groupBase  string
	allowPlain bool
}

const (
	ldapUserBase  = "cn=users,cn=accounts,dc=lsst,dc=cloud"
	ldapGroupBase = "dc=lsst,dc=cloud"
)

func (f *ldapFlags) register(fs *pflag.FlagSet) {
	text := func(p *string, name, value, usage, variable string) {
		fs.StringVar(p, name, value, usage)
		bindEnv(fs, name, variable)
	}
	text(&f.servers[0], "ldap-1", "", "`URL` of an LDAP server, ldap:// (with StartTLS) or ldaps://, where users log in (default none)", "AUTH_LDAP_1_SERVER_URI")
	text(&f.servers[1], "ldap-2", "", "`URL` of the server to try when that one is unreachable", "AUTH_LDAP_2_SERVER_URI")
	text(&f.servers[2], "ldap-3", "", "`URL` of a third server", "AUTH_LDAP_3_SERVER_URI")
	text(&f.bindDN, "ldap-bind-dn", "", "`DN` that searches (default uid=svc_love below the users if there is a password, else anonymous)", "AUTH_LDAP_BIND_DN")
	text(&f.password, "ldap-bind-password", "", "`PASSWORD` of that DN", "AUTH_LDAP_BIND_PASSWORD")
	markSecret(fs, escaped, "ldap-bind-password")
	text(&f.userBase, "ldap-user-base", ldapUserBase, "`DN` below which the users are", "AUTH_LDAP_USER_BASE")
	text(&f.groupBase, "ldap-group-base", ldapGroupBase, "`DN` below which the group love_ops is, whose members may command", "AUTH_LDAP_GROUP_BASE")
	fs.BoolVar(&f.allowPlain, "ldap-insecure", false, "allow ldap:// without TLS: passwords can be read on the way")
}

// check refuses settings that would have no effect without a server.
func (f *ldapFlags) check() error {
	if f.servers != [3]string{} {
		return nil
	}
	for _, set := range []struct {
		flag string
		is   bool
	}{
		{"ldap-bind-dn", f.bindDN != ""},
		{"ldap-bind-password", f.password != ""},
		{"ldap-user-base", f.userBase != ldapUserBase},
		{"ldap-group-base", f.groupBase != ldapGroupBase},
		{"ldap-insecure", f.allowPlain},
	} {
		if set.is {
			return fmt.Errorf("--%s is given without an LDAP server: name one with --ldap-1 (AUTH_LDAP_1_SERVER_URI), or leave it out", set.flag)
		}
	}
	return nil
}

// authenticator returns the log-in that asks the servers, or nil if there are
// none.
func (f *ldapFlags) authenticator(users ldap.Users, opts ...ldap.Option) (*ldap.Authenticator, error) {
	c := ldap.Config{
		BindDN: f.bindDN, BindPassword: f.password, UserBase: f.userBase, GroupBase: f.groupBase, AllowPlain: f.allowPlain,
	}
	for _, s := range f.servers {
		if s != "" {
			c.Servers = append(c.Servers, s)
		}
	}
	if len(c.Servers) == 0 {
		return nil, nil
	}
	if c.BindDN == "" && c.BindPassword != "" {
		c.BindDN = "uid=svc_love," + c.UserBase
	}
	return ldap.New(c, users, opts...)
}
