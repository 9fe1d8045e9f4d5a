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

		p.mute.Store(true)
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

func TestALostConnectionIsToldBeforeTheNextIsMade(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newManager(t)
		c, err := client.New("http://manager:8000", client.WithDialer(m.dial), client.WithProcessPassword("pw"))
		require.NoError(t, err)
		told := make(chan string, 10)
		c.OnConnect(func(context.Context) error { told <- "connected"; return nil })
		c.OnDisconnect(func() { told <- "lost" })
		stop := run(t, c)
		for range 2 {
			require.Equal(t, "connected", <-told)
			(<-m.peers).conn.Close()
			require.Equal(t, "lost", <-told)
		}
		require.Equal(t, "connected", <-told)
		require.NoError(t, stop())
		require.Equal(t, "lost", <-told)
	})
}

func TestARefusedPasswordIsTriedSlowly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newManager(t)
		m.set(403, nil)
		var told logs
		_, stop := m.start(t, client.WithProcessPassword("wrong"), told.option())
		time.Sleep(time.Minute)
		synctest.Wait()
		require.InDelta(t, 27, m.attempts(), 10, "every 1.5 s to 3 s")
		require.Equal(t, 1, told.count("refuses the credential"))
		require.NotContains(t, told.String(), "wrong\"")
		require.NoError(t, stop())
	})
}
