// Package oidc logs users in with the identity of the site: at an OpenID provider such as
// Keycloak, Dex or CILogon ([New]), and by the tokens that the site's issuer gives to
// services ([NewIssuer]).
//
// A [SignIn] is an auth.SignIn: the manager sends the browser to the provider and gets it
// back with a code, which is exchanged for an ID token (authorization code flow with PKCE,
// state and nonce). It is an auth.DeviceSignIn, too, for programs without a browser. The
// user is created here, or updated, with the groups that a [Mapping] gives; from then on
// the manager's own token counts, for [Config].Session at most.
//
// An [Issuer] is an auth.Issuer, for auth.WithIssuers: it verifies tokens with the public
// keys that the issuer publishes, which are read again when they change.
//
// An account is bound to the issuer and the subject of its user. A user of the provider who
// has the name of another account is refused: names can change hands.
package oidc
