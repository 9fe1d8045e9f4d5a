// Package auth decides who may do what. An [Authenticator] checks a user name and
// a password, [Tokens] stand for the log-in from then on, and an [Authorizer]
// answers whether the [Principal] behind a token holds a [Permission]. Each is a
// small interface, so that a team can put its own identity system behind the
// manager.
//
// What comes with it:
//
//   - [Users] are an Authenticator and a [Directory] over a [UserStore], for which
//     there is a [MemoryUserStore]. Package password hashes their passwords.
//   - [FirstOf] asks several Authenticators, such as the local users and package
//     ldap.
//   - Package jwt issues and verifies tokens.
//   - [RoleAuthorizer] decides by what users and groups were granted,
//     [LocationAuthorizer] by where a command comes from.
//   - [Gate] admits websocket connections, [LogInLimiter] keeps passwords from
//     being guessed, [Networks] list the proxies to trust.
//
// Package store keeps users, keys and tokens in a database, package django imports
// the users of a Python manager, and package audit records who did what.
package auth
