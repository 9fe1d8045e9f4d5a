package oidc

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Keys come from another host, and are taken to verify who somebody is.
func FuzzParseKeys(f *testing.F) {
	for _, seed := range []string{
		"", "null", "[]", `{"keys":null}`, `{"keys":[{}]}`, `{"keys":[{"kty":"oct","k":"AAAA","alg":"HS256"}]}`,
		`{"keys":[{"kty":"RSA","kid":"1","e":"AQAB","n":"wQ"}]}`,
		`{"keys":[{"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"}]}`,
		`{"keys":[{"kty":"EC","crv":"P-256","x":"AA","y":"AA"},{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","use":"enc"}]}`,
		`{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		keys, err := parseKeys(body)
		require.Equal(t, err != nil, len(keys) == 0)
		require.LessOrEqual(t, len(keys), maxKeys)
		for _, k := range keys {
			require.True(t, usable(k))
			require.True(t, k.IsPublic())
		}
	})
}

// Claims become a user and groups.
func FuzzClaims(f *testing.F) {
	for _, seed := range []string{
		"", "null", "[]", "{}", `{"preferred_username":"ada","groups":["a","b"]}`, `{"preferred_username":"ada","groups":"a"}`,
		`{"preferred_username":1,"a":{"b":{"c":["a"]}}}`, `{"preferred_username":"a b"}`, `{"preferred_username":"x","preferred_username":"y"}`,
		`{"preferred_username":"\ud800"}`, `{"email":"a\u0000b","preferred_username":"ada"}`,
	} {
		f.Add([]byte(seed), "groups")
		f.Add([]byte(seed), "a.b.c")
	}
	f.Fuzz(func(t *testing.T, body []byte, claim string) {
		c, err := parseClaims(body)
		if err != nil {
			return
		}
		m := Mapping{GroupsClaim: claim, Groups: map[string][]string{"a": {"cmd"}}}
		m.setDefaults("preferred_username")
		p, err := m.person(c)
		if err == nil {
			require.NoError(t, p.user.Check())
			require.Equal(t, isIn(p.groups, []string{"a"}), len(p.user.Groups) == 1)
		}
	})
}

// Whoever has no log-in yet can send a token.
func FuzzClaimedIssuer(f *testing.F) {
	for _, seed := range []string{"", ".", "..", "a.b.c", "e30.eyJpc3MiOiJodHRwczovL2lkLmV4YW1wbGUifQ.x", "e30.eyJpc3MiOjF9.", "e30.bnVsbA.x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, token string) {
		if issuer := claimedIssuer(token); issuer != "" {
			require.LessOrEqual(t, len(issuer), len(token))
		}
	})
}
