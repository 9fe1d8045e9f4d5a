// Package ldap logs users in by the observatory's LDAP servers (manager
// protocol, section 4.1): [New] makes an auth.Authenticator, which auth.FirstOf
// asks beside the local users. Members of the LDAP group love_ops are added to the
// groups cmd and ui_framework.
package ldap
