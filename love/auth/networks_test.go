package auth_test

import (
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/auth"
)

func TestClientAddress_BelievesTrustedProxiesOnly(t *testing.T) {
	proxies, err := auth.ParseNetworks("10.0.0.0/8 ::1")
	require.NoError(t, err)
	for _, c := range []struct{ peer, forwarded, real, want string }{
		{"203.0.113.5:99", "", "", "203.0.113.5"},
		{"203.0.113.5:99", "192.0.2.1", "192.0.2.1", "203.0.113.5"}, // headers of a client that is not trusted
		{"10.0.0.1:99", "", "", "10.0.0.1"},
		{"10.0.0.1:99", "", "192.0.2.1", "192.0.2.1"},
		{"10.0.0.1:99", "192.0.2.1", "", "192.0.2.1"},
		{"10.0.0.1:99", "192.0.2.1", "192.0.2.1", "192.0.2.1"},
		{"10.0.0.1:99", "6.6.6.6, 192.0.2.1", "", "192.0.2.1"}, // the client's own header before the proxy's
		{"10.0.0.1:99", "6.6.6.6, 192.0.2.1, 10.0.0.9", "", "192.0.2.1"},
		{"10.0.0.1:99", "192.0.2.1, 10.0.0.9", "10.0.0.9", "192.0.2.1"}, // a balancer in front of the proxy
		{"10.0.0.1:99", "192.0.2.1", "6.6.6.6", ""},                     // one of them is forged
		{"10.0.0.1:99", "10.0.0.8", "", "10.0.0.8"},
		{"10.0.0.1:99", "unknown", "", ""},
		{"10.0.0.1:99", "192.0.2.1, ", "", ""},
		{"10.0.0.1:99", "", "nonsense", ""},
		{"10.0.0.1:99", "192.0.2.1", "nonsense", ""},
		{"10.0.0.1:99", "unknown", "192.0.2.1", ""},
		{"10.0.0.1:99", "10.0.0.7, 10.0.0.8", "", "10.0.0.7"}, // the client is in a trusted network itself
		{"10.0.0.1:99", "", "10.0.0.7", "10.0.0.7"},
		{"10.0.0.1:99", "192.0.2.1:4711", "", "192.0.2.1"},
		{"10.0.0.1:99", "[2001:db8::1]:4711", "2001:db8::1", "2001:db8::1"},
		{"[::1]:99", "::ffff:192.0.2.1", "", "192.0.2.1"},
		{"@", "192.0.2.1", "", "@"},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = c.peer
		if c.forwarded != "" {
			r.Header.Set("X-Forwarded-For", c.forwarded)
		}
		if c.real != "" {
			r.Header.Set("X-Real-IP", c.real)
		}
		require.Equal(t, c.want, proxies.ClientAddress(r), "%+v", c)
		require.Equal(t, auth.Address(r), auth.Networks(nil).ClientAddress(r), "nobody is trusted by default")
	}
}

func FuzzParseNetworks(f *testing.F) {
	f.Add("10.0.0.1, 10.1.0.0/16;fd00::/8")
	f.Add("::ffff:10.0.0.1/99")
	f.Fuzz(func(t *testing.T, text string) {
		n, err := auth.ParseNetworks(text)
		if err != nil {
			return
		}
		for _, p := range n {
			require.True(t, p.IsValid())
		}
	})
}
