package manager_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"
	golangjwt "github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/auth/jwt"
	"github.com/rubin-love/love-go/love/manager"
)

// The forgeries themselves are tested in love/auth/jwt; here it is what the API
// answers.

func TestAttack_NoForgedTokenOpensAnyRoute(t *testing.T) {
	h := newHarness(t)
	good := h.token("admin")
	claims := golangjwt.MapClaims{}
	parsed, _, err := golangjwt.NewParser().ParseUnverified(good, claims)
	require.NoError(t, err)
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	public := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: x509.MarshalPKCS1PublicKey(&rsaKey.PublicKey)})
	forge := func(method golangjwt.SigningMethod, key any, header map[string]any, change golangjwt.MapClaims) string {
		c := golangjwt.MapClaims{}
		for k, v := range claims {
			c[k] = v
		}
		for k, v := range change {
			c[k] = v
			if v == nil {
				delete(c, k)
			}
		}
		token := golangjwt.NewWithClaims(method, c)
		token.Header["kid"] = parsed.Header["kid"]
		for k, v := range header {
			token.Header[k] = v
		}
		text, err := token.SignedString(key)
		require.NoError(t, err)
		return text
	}
	stranger := []byte(strings.Repeat("s", 32))
	other, err := jwt.New(stranger, h.users).Issue(t.Context(), auth.User{Username: "admin"})
	require.NoError(t, err)
	for name, token := range map[string]string{
		"alg none":             forge(golangjwt.SigningMethodNone, golangjwt.UnsafeAllowNoneSignatureType, nil, nil),
		"RS256":                forge(golangjwt.SigningMethodRS256, rsaKey, nil, nil),
		"HS256, a public key":  forge(golangjwt.SigningMethodHS256, public, nil, nil),
		"foreign kid":          forge(golangjwt.SigningMethodHS256, stranger, map[string]any{"kid": "stranger"}, nil),
		"jku":                  forge(golangjwt.SigningMethodHS256, stranger, map[string]any{"jku": "https://example.org/keys"}, nil),
		"jwk":                  forge(golangjwt.SigningMethodHS256, stranger, map[string]any{"jwk": map[string]any{"kty": "oct", "k": "c3Nz"}}, nil),
		"no exp":               forge(golangjwt.SigningMethodHS256, stranger, nil, golangjwt.MapClaims{"exp": nil}),
		"no aud":               forge(golangjwt.SigningMethodHS256, stranger, nil, golangjwt.MapClaims{"aud": nil}),
		"no iss":               forge(golangjwt.SigningMethodHS256, stranger, nil, golangjwt.MapClaims{"iss": nil}),
		"of another instance":  other,
		"very long":            good + strings.Repeat("A", jwt.MaxBytes),
		"another user's claim": forge(golangjwt.SigningMethodHS256, stranger, nil, golangjwt.MapClaims{"sub": "cmd_user"}),
	} {
		t.Run(name, func(t *testing.T) {
			for _, path := range []string{validateToken, adminUsers, cmd, logout, swapUser, "/manager/api/hub/"} {
				got := h.call("POST", path, "", as(token))
				require.Equal(t, 401, got.StatusCode)
				require.JSONEq(t, `{"detail": "Invalid Token"}`, got.body)
			}
		})
	}
	h.session(h.call("GET", validateToken, "", as(good)))
	require.Empty(t, h.commander.calls())
}

func TestAttack_LogInDoesNotRevealWhoExists(t *testing.T) {
	h := newHarness(t)
	require.NoError(t, h.users.SetActive(t.Context(), "cmd_user", false))
	var answers []string
	for _, name := range []string{"user", "cmd_user", "nobody", "' OR 1=1 --", "*)(uid=*", "../admin"} {
		got := h.call("POST", getToken, fmt.Sprintf(`{"username": %q, "password": "wrong"}`, name))
		got.Header.Del("Date")
		answers = append(answers, fmt.Sprint(got.StatusCode, got.Header, got.body))
	}
	for _, a := range answers {
		require.Equal(t, answers[0], a)
	}
}

func TestAttack_GuessingPasswordsIsSlow(t *testing.T) {
	h := newHarness(t)
	tried := 0
	for range 100 {
		if h.call("POST", getToken, `{"username": "admin", "password": "guess"}`).StatusCode == 400 {
			tried++
		}
		h.clock.Advance(time.Second)
	}
	require.LessOrEqual(t, tried, 20, "of a hundred guesses in a hundred seconds")
}

// forgedUser are headers with which proxies of other systems name the user or the
// request. The manager ignores them, whoever sends them.
var forgedUser = map[string]string{
	"Remote-User": "admin", "Remote_user": "admin", "Http_remote_user": "admin", "X-Remote-User": "admin", "X-Forwarded-User": "admin",
	"X-Forwarded-Preferred-Username": "admin", "X-Auth-Request-User": "admin", "X-Authenticated-User": "admin", "X-Webauth-User": "admin",
	"X-Ssl-Client-Verify": "SUCCESS", "X-Ssl-Client-S-Dn": "CN=admin", "Cookie": "sessionid=admin; token=admin",
	"X-Forwarded-Email": "admin@fake.com", "X-Identity": "admin@summit", "X-Groups": "cmd", "Proxy-Authorization": "Basic YWRtaW46dGVzdA==",
	"X-Http-Method-Override": "GET", "X-Original-Url": validateToken, "X-Rewrite-Url": validateToken,
}

func headers(headers map[string]string) option {
	return func(r *http.Request) {
		for key, value := range headers {
			r.Header.Set(key, value)
		}
	}
}

func trustProxies(t *testing.T, proxies string) func(*manager.Config) {
	networks, err := auth.ParseNetworks(proxies)
	require.NoError(t, err)
	return func(c *manager.Config) { c.TrustedProxies = networks }
}

func TestAttack_NoHeaderAuthenticatesAUser(t *testing.T) {
	for name, proxies := range map[string]string{"from a stranger": "", "through a trusted proxy": "127.0.0.0/8"} {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t, trustProxies(t, proxies))
			forged := headers(forgedUser)
			for path, method := range map[string]string{
				validateToken: "GET", adminUsers: "GET", adminAPI + "tokens/": "GET", cmd: "POST", logout: "DELETE", "/manager/api/hub/": "GET",
			} {
				h.requireUnauthorized(h.call(method, path, someCommand, forged), noCredentials)
			}
			for _, scheme := range []string{"Basic YWRtaW46c2VjcmV0IG9mIGFkbWlu", "Bearer " + h.token("admin"), "Remote-User admin", "Negotiate YWRtaW4="} {
				h.requireUnauthorized(h.call("GET", validateToken, "", forged, header("Authorization", scheme)), noCredentials)
			}
			require.Equal(t, 400, h.call("POST", getToken, `{"username": "admin", "password": "x"}`, forged).StatusCode)

			user := as(h.token("user"))
			require.Equal(t, "user", h.session(h.call("GET", validateToken, "", forged, user)).User["username"])
			require.Equal(t, 403, h.call("GET", adminUsers, "", forged, user).StatusCode)
			h.requireJSON(h.call("POST", cmd, someCommand, forged, user), 403, forbidden)
			require.Empty(t, h.commander.calls())
			require.Equal(t, 200, h.call("POST", cmd, someCommand, forged, as(h.token("cmd_user"))).StatusCode)
			require.Equal(t, "cmd_user", h.commander.calls()[0].User)
			require.Equal(t, "cmd_user@summit.example", h.commander.calls()[0].Identity)
		})
	}
}

// forgedAddress returns headers with which proxies name the address of a client.
func forgedAddress(address string) map[string]string {
	return map[string]string{
		"X-Forwarded-For": address, "X-Real-Ip": address, "Forwarded": "for=" + address, "X-Client-Ip": address, "Client-Ip": address,
		"True-Client-Ip": address, "Cf-Connecting-Ip": address, "X-Cluster-Client-Ip": address, "X-Originating-Ip": address,
		"X-Remote-Addr": address, "Remote_addr": address, "X-Forwarded-Host": address, "X-Forwarded": address, "Via": "1.1 " + address,
	}
}

const controlRoom = "10.9.8.7"

func commandsFrom(networks string) func(*manager.Config) {
	return func(c *manager.Config) {
		c.Authorizer = auth.LocationAuthorizer{Locations: auth.Whitelist(networks), Others: auth.RoleAuthorizer{}}
	}
}

func TestAttack_AForgedAddressGivesNoRightToCommand(t *testing.T) {
	const wrongPlace = `{"ack": "Your location is not allowed to command the observatory."}`
	for name, c := range map[string]struct {
		proxies string
		headers map[string]string
	}{
		"by a stranger, in every such header":    {"", forgedAddress(controlRoom)},
		"by a stranger who is not a proxy":       {"192.0.2.0/24", forgedAddress(controlRoom)},
		"in front of the proxy's own":            {"127.0.0.0/8", map[string]string{"X-Forwarded-For": controlRoom + ", 203.0.113.5"}},
		"in front of two proxies' own":           {"127.0.0.0/8 10.0.0.1", map[string]string{"X-Forwarded-For": controlRoom + ", 203.0.113.5, 10.0.0.1"}},
		"beside the proxy's X-Forwarded-For":     {"127.0.0.0/8", map[string]string{"X-Forwarded-For": "203.0.113.5", "X-Real-Ip": controlRoom}},
		"beside the proxy's X-Real-IP":           {"127.0.0.0/8", map[string]string{"X-Forwarded-For": controlRoom, "X-Real-Ip": "203.0.113.5"}},
		"in a header that no proxy of ours sets": {"127.0.0.0/8", map[string]string{"Forwarded": "for=" + controlRoom, "X-Client-Ip": controlRoom, "Remote_addr": controlRoom}},
		"that is not an address":                 {"127.0.0.0/8", map[string]string{"X-Real-Ip": controlRoom + "; 10.9.8.7"}},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t, trustProxies(t, c.proxies), commandsFrom(controlRoom))
			forged := headers(c.headers)
			for _, user := range []string{"admin", "cmd_user"} {
				h.requireJSON(h.call("POST", cmd, someCommand, as(h.token(user)), forged), 403, wrongPlace)
				require.Equal(t, 403, h.call("POST", "/manager/api/lovecsc/observinglog", `{}`, as(h.token(user)), forged).StatusCode)
				require.False(t, h.session(h.call("GET", validateToken, "", as(h.token(user)), forged)).Permissions["execute_commands"])
				require.False(t, h.session(h.call("POST", getToken, credentials(user), forged)).Permissions["execute_commands"])
			}
			require.Empty(t, h.commander.calls())
		})
	}
}

func TestAttack_AForgedAddressIsNotRecorded(t *testing.T) {
	h := newHarness(t)
	forged := headers(forgedAddress(controlRoom))
	h.call("POST", getToken, `{"username": "admin", "password": "x"}`, forged)
	h.call("GET", adminUsers, "", as(h.token("user")), forged)
	h.call("POST", cmd, someCommand, as(h.token("cmd_user")), forged)
	require.Equal(t, "127.0.0.1", h.commander.calls()[0].Address)
	records, err := h.audit.Records(t.Context(), 100)
	require.NoError(t, err)
	require.Len(t, records, 2)
	for _, record := range records {
		require.Equal(t, "127.0.0.1", record.Address, record.Action)
	}
	require.NotContains(t, h.log.String(), controlRoom)
}

func TestAttack_ForgedAddressesAllowNoMoreTries(t *testing.T) {
	h := newHarness(t)
	tried := 0
	for i := range 100 {
		forged := headers(forgedAddress(fmt.Sprintf("10.9.8.%d", i)))
		if h.call("POST", getToken, fmt.Sprintf(`{"username": "nobody%d", "password": "x"}`, i), forged).StatusCode == 400 {
			tried++
		}
	}
	require.Equal(t, 50, tried, "the limit of one address")
}

func TestAttack_NoHeaderOpensAWebsocket(t *testing.T) {
	sys := newSystem(t)
	user := sys.logIn(t, "user")
	headers := http.Header{"Authorization": {"Token " + user}}
	for _, forged := range []map[string]string{forgedUser, forgedAddress(controlRoom)} {
		for key, value := range forged {
			headers.Set(key, value)
		}
	}
	dialer := ws.Dialer{Header: ws.HandshakeHeaderHTTP(headers)}
	url := strings.Replace(sys.url, "http", "ws", 1) + "/manager/ws/subscription"
	_, _, _, err := dialer.Dial(t.Context(), url)
	var refused ws.StatusError
	require.ErrorAs(t, err, &refused)

	conn, _, _, err := dialer.Dial(t.Context(), url+"?token="+user)
	require.NoError(t, err)
	defer conn.Close()
	admin := sys.logIn(t, "admin")
	require.Eventually(t, func() bool { // the handshake is answered before there is a session
		_, sessions := sys.call(t, "GET", adminAPI+"sessions/", admin, "")
		return strings.Contains(sessions, `"principal":"user","address":"127.0.0.1"`)
	}, 10*time.Second, time.Millisecond)
}
