// Package auth decides who may do what: it checks passwords
// ([Authenticator]), hands out tokens ([Tokens]) and answers whether a
// [Principal] holds a [Permission] ([Authorizer]). Each is a small interface,
// so that a team can put its own identity system behind the manager.
package auth
