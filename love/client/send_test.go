package client_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/client"
)

func TestSendWaitsForAConnectionAndKeepsTheOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newManager(t)
		m.set(0, errors.New("connection refused"))
		c, stop := m.start(t)

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := c.Send(ctx, []byte(`"lost"`))
		require.ErrorIs(t, err, client.ErrNotConnected)
		require.ErrorIs(t, err, context.DeadlineExceeded)

		go func() {
			for _, text := range []string{"1", "2", "3"} {
				if c.Send(t.Context(), []byte(text)) != nil {
					return
				}
			}
		}()
		time.Sleep(10 * time.Second)
		m.set(0, nil)
		p := <-m.peers
		got := p.receive(t) + p.receive(t) + p.receive(t)
		require.Equal(t, "123", got)
		require.NoError(t, stop())
	})
}

func TestLargeMessagesAreSentInOneFrame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newManager(t)
		c, stop := m.start(t)
		p := <-m.peers
		long := `"` + strings.Repeat("x", 3<<20) + `"`
		require.NoError(t, c.Send(t.Context(), []byte(long)))
		require.Equal(t, long, p.receive(t))
		require.NoError(t, stop())
	})
}
