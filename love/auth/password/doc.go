// Package password hashes passwords with argon2id and checks them. [New] makes a
// [Hasher], which is the auth.Passwords of auth.Users.
//
// It also checks the hashes that Django stored (PBKDF2), so that the users of a
// Python manager keep their passwords.
package password
