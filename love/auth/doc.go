// Package auth decides who may do what: it checks passwords
// ([Authenticator]), hands out tokens ([Tokens]) and answers whether a
// [Principal] holds a [Permission] ([Authorizer]). Each is a small interface,
// so that a team can put its own identity system behind the manager.
//
// What comes with it: [Users] over a [UserStore], [JWT] over a [Keyring] and a
// [Ledger], [RoleAuthorizer] and [LocationAuthorizer], an [Auditor] over an
// [AuditLog], a [LogInLimiter], and [Either] to ask several identity systems.
// The stores here are in memory; those in a database are in package store.
package auth
