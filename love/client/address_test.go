package client_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/client"
)

func TestTheWebsocketIsFoundFromTheURL(t *testing.T) {
	const path = "/manager/ws/subscription"
	for _, test := range []struct{ url, address, uri string }{
		{"http://host:8000", "host:8000", path},
		{"http://host:8000/", "host:8000", path},
		{"http://host/love", "host:80", "/love" + path},
		{"http://host/manager/", "host:80", path},
		{"http://host/love/manager/auxtel/ws/subscription", "host:80", "/love/manager/auxtel/ws/subscription"},
		{"ws://host", "host:80", path},
		{"ws://host/some/where/", "host:80", "/some/where"},
		{"host", "host:80", path},
		{"host:8000", "host:8000", path},
		{"love-manager/manager/ws/subscription", "love-manager:80", path},
		{"[::1]:8000", "[::1]:8000", path},
	} {
		t.Run(test.url, func(t *testing.T) {
			m := newManager(t)
			m.set(404, nil)
			c, err := client.New(test.url, client.WithDialer(m.dial), client.WithoutRetry())
			require.NoError(t, err)
			var refused *client.HandshakeError
			require.ErrorAs(t, c.Run(t.Context()), &refused)
			require.Equal(t, 404, refused.Status)
			require.Equal(t, []string{test.address}, m.dialled)
			require.Equal(t, []string{test.uri}, m.uris)
		})
	}
}

func TestTheAPIIsFoundFromTheURL(t *testing.T) {
	for manager, want := range map[string]string{
		"host:8000":                              "http://host:8000/manager/api/cmd/",
		"http://host":                            "http://host/manager/api/cmd/",
		"http://host/manager/":                   "http://host/manager/api/cmd/",
		"https://host/love":                      "https://host/love/manager/api/cmd/",
		"ws://host:8000/manager/ws/subscription": "http://host:8000/manager/api/cmd/",
		"wss://host/love/manager/auxtel/ws/subscription/": "https://host/love/manager/api/cmd/",
	} {
		got, err := client.APIURL(manager, "/cmd/")
		require.NoError(t, err)
		require.Equal(t, want, got, manager)
	}
	got, err := client.APIURL("host", "/commands/?csc=ATDome")
	require.NoError(t, err)
	require.Equal(t, "http://host/manager/api/commands/?csc=ATDome", got)
}

func TestSecureURLsAreDialledOnTheirPort(t *testing.T) {
	for _, url := range []string{"https://host", "wss://host/manager/ws/subscription"} {
		m := newManager(t)
		m.set(0, errors.New("no network"))
		c, err := client.New(url, client.WithDialer(m.dial), client.WithoutRetry())
		require.NoError(t, err)
		require.ErrorContains(t, c.Run(t.Context()), "no network")
		require.Equal(t, []string{"host:443"}, m.dialled)
	}
}

func TestAddressesThatAreNoneAreRefused(t *testing.T) {
	for url, want := range map[string]string{
		"":                       "no host",
		":8000":                  "no host",
		"http://:8000":           "no host",
		"host:":                  "no port after",
		"host:0":                 "not from 1 to 65535",
		"http://127.0.0.1:99999": "not from 1 to 65535",
		"host:port":              "cannot be parsed",
		"http://a,b":             "no name or address",
		"http://a b":             "cannot be parsed",
		"ws://$MANAGER":          "no name or address",
		"http//host:8000":        "two slashes in a row",
		"http://http://host":     "no port after",
		"[::1":                   "cannot be parsed",
	} {
		_, err := client.New(url)
		require.ErrorContains(t, err, want, url)
		require.ErrorContains(t, err, "http://localhost:8000")
	}
	for _, url := range []string{"[fe80::1%25eth0]:8000", "love_manager", "host.example.:1", "münchen", "10.0.0.1"} {
		_, err := client.New(url)
		require.NoError(t, err, url)
	}
}

func TestUnusableURLsAreRefusedWithoutRepeatingThem(t *testing.T) {
	for _, url := range []string{"", "http://", "ftp://host", "http://me:secret@host", "ws://host/?password=secret", "http://host/%zz-secret"} {
		_, err := client.New(url)
		require.Error(t, err, url)
		require.NotContains(t, err.Error(), "secret")
		_, other := client.APIURL(url, "/cmd/")
		require.Equal(t, err, other)
	}
}
