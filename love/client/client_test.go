package client_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gobwas/ws"
	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/client"
)

func TestURLsNameTheWebsocket(t *testing.T) {
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

func TestTheAPIIsBesideTheWebsocket(t *testing.T) {
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

func TestUnusableURLsAreRefusedWithoutRepeatingThem(t *testing.T) {
	for _, url := range []string{"", "http://", "ftp://host", "http://me:secret@host", "ws://host/?password=secret", "http://host/%zz-secret"} {
		_, err := client.New(url)
		require.Error(t, err, url)
		require.NotContains(t, err.Error(), "secret")
		_, other := client.APIURL(url, "/cmd/")
		require.Equal(t, err, other)
	}
}

func TestCredentialsTravelEscapedAndAreNeverTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newManager(t)
		var told logs
		_, stop := m.start(t, told.option(), client.WithProcessPassword("a+b&c=d#e%f g"), client.WithStrictJSON())
		p := <-m.peers
		require.Equal(t, "/manager/ws/subscription?nan=null&password=a%2Bb%26c%3Dd%23e%25f+g", m.uris[0])
		p.closeWith(ws.StatusGoingAway, "restart")
		m.set(0, errors.New("connection refused"))
		synctest.Wait()
		require.NoError(t, stop())
		require.Contains(t, told.String(), "restart")
		require.NotContains(t, told.String(), "a+b")
		require.NotContains(t, told.String(), "password=")
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

func TestARefusedProcessKeepsTryingSlowlyAndSaysSoOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newManager(t)
		m.set(403, nil)
		var told logs
		_, stop := m.start(t, told.option(), client.WithProcessPassword("wrong"))
		time.Sleep(time.Minute)
		require.InDelta(t, 27, m.attempts(), 14, "every 1.5 to 3 s")
		require.Equal(t, 1, told.count("refuses the credential"))
		m.set(0, nil)
		<-m.peers
		require.NoError(t, stop())
	})
}

func TestReconnectsAtOnceAndThenMoreAndMoreSlowly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newManager(t)
		var told logs
		_, stop := m.start(t, told.option(), client.WithRetry(100*time.Millisecond, time.Second))
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
		require.Equal(t, 1, told.count("connection refused"), "told once, not at each attempt")
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

func TestCode1000EndsATokensClientAndNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newManager(t)
		c, stop := m.start(t, client.WithToken("tok"))
		(<-m.peers).closeWith(ws.StatusNormalClosure, "")
		synctest.Wait()
		err := c.Send(t.Context(), []byte("{}"))
		require.ErrorIs(t, err, client.ErrTokenDead)
		require.ErrorIs(t, stop(), client.ErrTokenDead)

		_, stop = m.start(t, client.WithProcessPassword("pw"))
		(<-m.peers).closeWith(ws.StatusNormalClosure, "")
		<-m.peers
		require.NoError(t, stop())
	})
}

func TestOtherCloseCodesAreEchoedAndReconnectedAfter(t *testing.T) {
	for _, code := range []ws.StatusCode{1001, 1009, 1011, 1012, 1013, 1014, 4000} {
		synctest.Test(t, func(t *testing.T) {
			m := newManager(t)
			_, stop := m.start(t, client.WithToken("tok"))
			p := <-m.peers
			p.closeWith(code, "why")
			require.Equal(t, code, p.isLeft(t))
			<-m.peers
			require.NoError(t, stop())
		})
	}
}

func TestWithoutRetryTheCloseIsReturned(t *testing.T) {
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

func TestTheEndIsOrderly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newManager(t)
		c, stop := m.start(t)
		p := <-m.peers
		require.NoError(t, c.Send(t.Context(), []byte(`{"last":1}`)))
		began := time.Now()
		require.NoError(t, stop())
		require.Zero(t, time.Since(began), "no waiting for a manager that answers")
		require.Equal(t, `{"last":1}`, p.hears(t))
		require.Equal(t, ws.StatusNormalClosure, p.isLeft(t))
	})
}

func TestTheEndDoesNotWaitForASilentManager(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newManager(t)
		_, stop := m.start(t)
		p := <-m.peers
		p.mute.Store(true)
		began := time.Now()
		require.NoError(t, stop())
		require.LessOrEqual(t, time.Since(began), time.Second)
	})
}

func TestADeadConnectionIsNoticed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newManager(t)
		_, stop := m.start(t, client.WithPing(10*time.Second, 5*time.Second))
		p := <-m.peers
		p.mute.Store(true)
		began := time.Now()
		<-m.peers
		require.Equal(t, 15*time.Second, time.Since(began).Round(time.Second))
		require.NoError(t, stop())
	})
}

func TestAQuietConnectionIsKeptUpByPings(t *testing.T) {
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
		require.Equal(t, `"hello"`, second.hears(t))
		require.NoError(t, stop())
		require.Equal(t, 2, calls)
	})
}

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
		got := p.hears(t) + p.hears(t) + p.hears(t)
		require.Equal(t, "123", got)
		require.NoError(t, stop())
	})
}

func TestLongMessagesGoOutInOneFrame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newManager(t)
		c, stop := m.start(t)
		p := <-m.peers
		long := `"` + strings.Repeat("x", 3<<20) + `"`
		require.NoError(t, c.Send(t.Context(), []byte(long)))
		require.Equal(t, long, p.hears(t))
		require.NoError(t, stop())
	})
}
