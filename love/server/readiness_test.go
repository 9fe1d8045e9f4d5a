package server_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/hub"
	"github.com/rubin-love/love-go/love/server"
)

// remoteBroker is a broker that can be unreachable.
type remoteBroker struct {
	*hub.MemoryBroker
	err error
}

func (b *remoteBroker) Check(context.Context) error { return b.err }

func TestABrokerThatCannotBeReachedIsNamed(t *testing.T) {
	broker := &remoteBroker{MemoryBroker: hub.NewMemoryBroker()}
	_, url := serve(t, server.Config{HubOptions: []hub.Option{hub.WithBroker(broker)}})
	ready := func() (int, string) {
		resp, err := http.Get(url + "/readyz")
		require.NoError(t, err)
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		return resp.StatusCode, string(body)
	}
	status, body := ready()
	require.Equal(t, 200, status)
	require.Equal(t, "ready\ndatabase: ok\nbroker: ok\n", body)
	broker.err = errors.New("connection refused")
	status, body = ready()
	require.Equal(t, 200, status, "clients of this manager are served")
	require.Equal(t, "ready, degraded\ndatabase: ok\nbroker: connection refused\n", body)
}
