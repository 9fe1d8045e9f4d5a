// Package ldap logs users in by the observatory's LDAP servers (manager
// protocol, section 4.1): [New] makes an auth.Authenticator, which goes beside
// the local users in auth.FirstOf. Members of the LDAP group love_ops are added to
// the groups cmd and ui_framework.
package ldap
