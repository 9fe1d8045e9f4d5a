package jwt_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/auth/jwt"
	"github.com/rubin-love/love-go/love/lovetest"
)

// signed returns a token with a payload of the test's making and a good signature; its
// header is that of a token of ours.
func signed(t *testing.T, tokens *jwt.Tokens, payload string) string {
	t.Helper()
	header, _, _ := strings.Cut(issue(t, tokens, "user"), ".")
	text := header + "." + base64.RawURLEncoding.EncodeToString([]byte(payload))
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(text))
	return text + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func TestToken_WhoseTimesAreNoNumbersIsRefused(t *testing.T) {
	c := lovetest.NewClock(start)
	tokens := jwt.New(key, users(t), jwt.WithClock(c))
	soon := fmt.Sprint(start.Unix() + 60)
	claims := func(times string) string {
		return `{"iss":"loved","aud":["love-manager"],"sub":"user","jti":"1","ver":9` + times + `}`
	}
	for _, good := range []string{`,"exp":` + soon, `,"exp":` + soon + `.5,"iat":1`, `,"exp":253402300799`, `,"exp":` + soon + `,"other":"1"`} {
		_, err := tokens.Verify(t.Context(), signed(t, tokens, claims(good)))
		require.NoError(t, err, good)
	}
	for _, bad := range []string{
		"", `,"exp":"` + soon + `"`, `,"exp":"9999999999"`, `,"exp":null`, `,"exp":[` + soon + `]`, `,"exp":true`, `,"exp":{}`, `,"exp":NaN`, `,"exp":Infinity`,
		`,"exp":1e400`, `,"exp":1e300`, `,"exp":-1e300`, `,"exp":253402300800`, `,"exp":99999999999999999999`, `,"exp":"1e400"`,
		`,"exp":` + soon + `,"iat":"1"`, `,"exp":` + soon + `,"nbf":"1"`, `,"exp":` + soon + `,"iat":1e300`,
		`,"exp":1,"exp":` + soon, `,"EXP":` + soon, `,"exp":1,"Exp":` + soon, `,"exp":` + soon + `,"SUB":"admin"`, `,"exp":` + soon + `,"VER":99`,
	} {
		_, err := tokens.Verify(t.Context(), signed(t, tokens, claims(bad)))
		require.ErrorIs(t, err, auth.ErrToken, bad)
		require.NotErrorIs(t, err, auth.ErrExpired, bad)
	}
}
