package client_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gobwas/ws"
	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/client"
)

func TestFlushReturnsWhenTheManagerHasReadWhatWasSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newManager(t)
		c, stop := m.start(t, client.WithProcessPassword("pw"))
		p := <-m.peers
		synctest.Wait()
		require.NoError(t, c.Send(t.Context(), []byte(`{}`)))
		require.NoError(t, c.Flush(t.Context()))
		require.Len(t, p.frames, 1, "it is read by now")

		p.silent.Store(true)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorIs(t, c.Flush(ctx), context.DeadlineExceeded)
		p.frame(ws.NewPongFrame(nil)) // of another ping
		p.frame(ws.NewPongFrame([]byte("garbage!")))

		flushed := make(chan error, 1)
		go func() { flushed <- c.Flush(t.Context()) }()
		synctest.Wait()
		p.conn.Close()
		require.ErrorIs(t, <-flushed, client.ErrNotConnected)
		<-m.peers
		synctest.Wait()
		require.NoError(t, c.Flush(t.Context()))
		require.NoError(t, stop())
		require.ErrorIs(t, c.Flush(t.Context()), client.ErrNotConnected)
	})
}
