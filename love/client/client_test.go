package client_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gobwas/ws"
	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/client"
)

func TestCredentialsAreEscapedAndNeverLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newManager(t)
		var logged logs
		_, stop := m.start(t, logged.option(), client.WithProcessPassword("a+b&c=d#e%f g"), client.WithStrictJSON())
		p := <-m.peers
		require.Equal(t, "/manager/ws/subscription?nan=null&password=a%2Bb%26c%3Dd%23e%25f+g", m.uris[0])
		p.closeWith(ws.StatusGoingAway, "restart")
		m.set(0, errors.New("connection refused"))
		synctest.Wait()
		require.NoError(t, stop())
		require.Contains(t, logged.String(), "restart")
		require.NotContains(t, logged.String(), "a+b")
		require.NotContains(t, logged.String(), "password=")
	})
}

func TestARefusedTokenEndsRun(t *testing.T) {
	m := newManager(t)
	m.set(403, nil)
	c, err := client.New("manager", client.WithDialer(m.dial), client.WithToken("tok"))
	require.NoError(t, err)
	err = c.Run(t.Context())
	require.ErrorIs(t, err, client.ErrRefused)
	require.NotContains(t, err.Error(), "tok ")
	require.Equal(t, 1, m.attempts())
	require.ErrorIs(t, c.Send(t.Context(), []byte("{}")), client.ErrClosed)
	require.ErrorIs(t, c.Send(t.Context(), []byte("{}")), client.ErrRefused)
	require.ErrorContains(t, c.Run(t.Context()), "another Client")
}

func TestARefusedPasswordIsRetriedSlowlyAndLoggedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newManager(t)
		m.set(403, nil)
		var logged logs
		_, stop := m.start(t, logged.option(), client.WithProcessPassword("wrong"))
		time.Sleep(time.Minute)
		require.InDelta(t, 27, m.attempts(), 14, "every 1.5 to 3 s")
		require.Equal(t, 1, logged.count("refuses the credential"))
		require.NotContains(t, logged.String(), "wrong\"")
		m.set(0, nil)
		<-m.peers
		require.NoError(t, stop())
	})
}

func TestTheClientReconnectsAtOnceAndThenMoreAndMoreSlowly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newManager(t)
		var logged logs
		_, stop := m.start(t, logged.option(), client.WithRetry(100*time.Millisecond, time.Second))
		p := <-m.peers
		time.Sleep(time.Minute)
		m.set(0, errors.New("connection refused"))
		p.closeWith(ws.StatusCode(1012), "restart")
		synctest.Wait()
		require.Equal(t, 2, m.attempts(), "at once")
		time.Sleep(100 * time.Millisecond)
		require.Equal(t, 3, m.attempts(), "after 50 to 100 ms")
		time.Sleep(time.Minute)
		require.InDelta(t, 80, m.attempts(), 25, "every 0.5 to 1 s")
		require.Equal(t, 1, logged.count("connection refused"), "logged once, not at each attempt")
		m.set(0, nil)
		time.Sleep(time.Second)
		<-m.peers
		require.NoError(t, stop())
	})
}

func TestAManagerThatAcceptsAndClosesIsNotDialledInATightLoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newManager(t)
		_, stop := m.start(t)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		for ctx.Err() == nil {
			select {
			case p := <-m.peers:
				p.conn.Close()
			case <-ctx.Done():
			}
		}
		require.Less(t, m.attempts(), 250)
		m.set(0, errors.New("enough"))
		require.NoError(t, stop())
	})
}

func TestCode1000EndsAClientWithATokenAndNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newManager(t)
		c, stop := m.start(t, client.WithToken("tok"))
		(<-m.peers).closeWith(ws.StatusNormalClosure, "")
		synctest.Wait()
		err := c.Send(t.Context(), []byte("{}"))
		require.ErrorIs(t, err, client.ErrTokenInvalid)
		require.ErrorIs(t, stop(), client.ErrTokenInvalid)

		_, stop = m.start(t, client.WithProcessPassword("pw"))
		(<-m.peers).closeWith(ws.StatusNormalClosure, "")
		<-m.peers
		require.NoError(t, stop())
	})
}

func TestOtherCloseCodesAreEchoedAndTheClientReconnects(t *testing.T) {
	for _, code := range []ws.StatusCode{1001, 1009, 1011, 1012, 1013, 1014, 4000} {
		synctest.Test(t, func(t *testing.T) {
			m := newManager(t)
			_, stop := m.start(t, client.WithToken("tok"))
			p := <-m.peers
			p.closeWith(code, "why")
			require.Equal(t, code, p.closeCode(t))
			<-m.peers
			require.NoError(t, stop())
		})
	}
}

func TestWithoutRetryTheCloseErrorIsReturned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newManager(t)
		c, err := client.New("manager", client.WithDialer(m.dial), client.WithoutRetry())
		require.NoError(t, err)
		go func() { (<-m.peers).closeWith(1013, "too slow") }()
		var closed *client.CloseError
		require.ErrorAs(t, c.Run(t.Context()), &closed)
		require.Equal(t, client.CloseError{Code: 1013, Reason: "too slow"}, *closed)
	})
}

func TestRunEndsGracefully(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newManager(t)
		c, stop := m.start(t)
		p := <-m.peers
		require.NoError(t, c.Send(t.Context(), []byte(`{"last":1}`)))
		began := time.Now()
		require.NoError(t, stop())
		require.Zero(t, time.Since(began), "it need not wait for a manager that answers")
		require.Equal(t, `{"last":1}`, p.receive(t))
		require.Equal(t, ws.StatusNormalClosure, p.closeCode(t))
	})
}

func TestRunDoesNotWaitForASilentManagerAtItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newManager(t)
		_, stop := m.start(t)
		p := <-m.peers
		p.silent.Store(true)
		began := time.Now()
		require.NoError(t, stop())
		require.LessOrEqual(t, time.Since(began), time.Second)
	})
}

func TestALostConnectionIsDetectedByPings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newManager(t)
		_, stop := m.start(t, client.WithPing(10*time.Second, 5*time.Second))
		p := <-m.peers
		p.silent.Store(true)
		began := time.Now()
		<-m.peers
		require.Equal(t, 15*time.Second, time.Since(began).Round(time.Second))
		require.NoError(t, stop())
	})
}

func TestAConnectionWithoutMessagesStaysOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newManager(t)
		_, stop := m.start(t)
		<-m.peers
		time.Sleep(time.Hour)
		require.Equal(t, 1, m.attempts())
		require.NoError(t, stop())
	})
}

func TestOnConnectIsCalledAfterEachConnectionAndMayEndIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newManager(t)
		c, err := client.New("manager", client.WithDialer(m.dial))
		require.NoError(t, err)
		calls := 0
		c.OnConnect(func(ctx context.Context) error {
			if calls++; calls == 1 {
				return errors.New("not yet")
			}
			return c.TrySend(ctx, []byte(`"hello"`))
		})
		require.ErrorIs(t, c.TrySend(t.Context(), nil), client.ErrNotConnected)
		stop := run(t, c)
		first := <-m.peers
		<-first.ended
		second := <-m.peers
		require.Equal(t, `"hello"`, second.receive(t))
		require.NoError(t, stop())
		require.Equal(t, 2, calls)
	})
}

func TestOnDisconnectIsCalledBeforeTheNextConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newManager(t)
		c, err := client.New("http://manager:8000", client.WithDialer(m.dial), client.WithProcessPassword("pw"))
		require.NoError(t, err)
		logged := make(chan string, 10)
		c.OnConnect(func(context.Context) error { logged <- "connected"; return nil })
		c.OnDisconnect(func() { logged <- "lost" })
		stop := run(t, c)
		for range 2 {
			require.Equal(t, "connected", <-logged)
			(<-m.peers).conn.Close()
			require.Equal(t, "lost", <-logged)
		}
		require.Equal(t, "connected", <-logged)
		require.NoError(t, stop())
		require.Equal(t, "lost", <-logged)
	})
}

func TestAnHourWithoutManagerIsFewLinesAndTheirEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newManager(t)
		var logged logs
		n := 0
		_, stop := m.start(t, logged.option(), client.WithRetry(100*time.Millisecond, time.Second), client.WithDialer(
			func(ctx context.Context, network, address string) (net.Conn, error) {
				if n++; n > 1 && n < 4000 { // each from another port
					return nil, fmt.Errorf("read tcp 10.0.0.1:%d->10.0.0.2:8000: connection reset by peer", 30000+n)
				}
				return m.dial(ctx, network, address)
			}))
		p := <-m.peers
		time.Sleep(time.Minute)
		p.closeWith(ws.StatusCode(1012), "restart")
		<-m.peers
		synctest.Wait()
		require.Equal(t, 1, logged.count("connected to the manager again"))
		require.LessOrEqual(t, logged.count("trying again"), 10)
		require.NoError(t, stop())
	})
}
