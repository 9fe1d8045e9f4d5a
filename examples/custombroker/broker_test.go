package main

import (
	"net"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/hub"
	"github.com/rubin-love/love-go/love/lovetest"
)

func TestTheBrokerConforms(t *testing.T) {
	lovetest.RunBroker(t, lovetest.BrokerFeatures{}, func(t *testing.T) func() hub.Broker {
		path := filepath.Join(t.TempDir(), "relay")
		listener, err := net.Listen("unix", path)
		require.NoError(t, err)
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			_ = new(relay).serve(listener)
		}()
		t.Cleanup(func() {
			require.NoError(t, listener.Close())
			<-ended
		})
		return func() hub.Broker {
			b, err := connect("unix", path)
			require.NoError(t, err)
			t.Cleanup(func() { _ = b.Close() })
			return b
		}
	})
}

func TestAnAddressIsThatOfASocket(t *testing.T) {
	for address, want := range map[string][2]string{"unix:///tmp/r": {"unix", "/tmp/r"}, "tcp://h:1": {"tcp", "h:1"}} {
		network, at, err := split(address)
		require.NoError(t, err)
		require.Equal(t, want, [2]string{network, at})
	}
	for _, address := range []string{"", "redis://h", "%"} {
		_, _, err := split(address)
		require.ErrorContains(t, err, "unix:///path")
	}
}
