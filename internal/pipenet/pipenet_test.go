package pipenet_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/pipenet"
)

func TestRequestsAreServedInTheTimeOfABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		transport, stop := pipenet.Serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(time.Hour)
			_, _ = fmt.Fprint(w, r.Host)
		}))
		began := time.Now()
		resp, err := (&http.Client{Transport: transport}).Get("http://anything:1")
		require.NoError(t, err)
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, "anything:1", string(body))
		require.Equal(t, time.Hour, time.Since(began))
		stop()
	})
}

func TestDialingAClosedNetworkIsAnError(t *testing.T) {
	n := pipenet.New()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := n.DialContext(ctx, "tcp", "x:1")
	require.ErrorIs(t, err, context.Canceled, "no server accepts")
	require.NoError(t, n.Close())
	require.NoError(t, n.Close())
	_, err = n.Accept()
	require.ErrorIs(t, err, net.ErrClosed)
	_, err = n.DialContext(t.Context(), "tcp", "x:1")
	require.ErrorIs(t, err, net.ErrClosed)
}
