// Package jwt is the token service of a manager whose tokens are signed JSON web
// tokens (HS256): [New] makes [Tokens], which implement auth.Tokens and
// auth.TokenAdmin.
//
// A token names its user; everything else about the user is looked up at each
// request, so that a change takes effect at once. Two things are kept: the keys
// that sign, in a [Keyring], and which tokens were issued and revoked, in a
// [TokenStore]. By default both live as long as the process; package store keeps
// them in a database, which all managers that accept the same tokens share.
package jwt
