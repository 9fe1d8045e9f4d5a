// Package ldap logs users in by the observatory's LDAP servers
// (docs/protocol/manager.md#log-in): [New] makes an auth.Authenticator, which
// auth.FirstOf asks beside the local users. Members of the LDAP group love_ops are
// added to the groups cmd and ui_framework.
package ldap
