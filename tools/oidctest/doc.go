// Package oidctest tests `loved` against a real OpenID provider, that of zitadel/oidc,
// which runs in the test. It is a module of its own, so that nobody who builds loved
// downloads a provider.
package oidctest
