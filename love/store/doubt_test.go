package store_test

import (
	"bytes"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/pgtest"
	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/commander/authority"
	"github.com/rubin-love/love-go/love/store"
)

// commitProxy stands before a PostgreSQL. While swallow is above 0, it closes the connection
// in place of the answer to a commit.
type commitProxy struct {
	address string // of the database, through it
	swallow atomic.Int32
}

func newCommitProxy(t *testing.T, address string) *commitProxy {
	u, err := url.Parse(address)
	require.NoError(t, err)
	target := u.Host
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	u.Host = l.Addr().String()
	q := u.Query()
	q.Set("sslmode", "disable")
	u.RawQuery = q.Encode()
	p := &commitProxy{address: u.String()}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			running.Go(func() { p.serve(client, target) })
		}
	})
	t.Cleanup(func() { // after the store has closed its connections
		require.NoError(t, l.Close())
		running.Wait()
	})
	return p
}

func (p *commitProxy) serve(client net.Conn, target string) {
	defer client.Close()
	server, err := net.Dial("tcp", target)
	if err != nil {
		return
	}
	defer server.Close()
	var swallows atomic.Bool
	var both sync.WaitGroup
	both.Go(func() {
		defer server.Close()
		carry(server, client, func(text []byte) bool {
			if bytes.Contains(bytes.ToLower(text), []byte("commit\x00")) && p.swallow.Add(-1) >= 0 {
				swallows.Store(true)
			}
			return true
		})
	})
	both.Go(func() {
		defer client.Close()
		carry(client, server, func([]byte) bool { return !swallows.Load() }) // the answer shows that it is done
	})
	both.Wait()
}

// carry carries what comes from one connection to another, as long as goesOn agrees.
func carry(to, from net.Conn, goesOn func([]byte) bool) {
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		if err != nil || !goesOn(buf[:n]) {
			return
		}
		if _, err := to.Write(buf[:n]); err != nil {
			return
		}
	}
}

func TestFault_AChangeWhoseCommitHasNoAnswerIsInDoubt(t *testing.T) {
	p := newCommitProxy(t, pgtest.Schema(t))
	s, err := store.Open(t.Context(), p.address)
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	w := authority.Waiting{WaitingCommand: love.WaitingCommand{
		ID: "1", User: "ana", Command: love.Command{CSC: "ATDome", Name: "cmd_openShutter"}, Since: time.Unix(1, 0).UTC(), Until: time.Unix(2, 0).UTC(),
	}}
	p.swallow.Store(1)
	require.ErrorIs(t, s.Holds().ChangeWaiting(t.Context(), func([]authority.Waiting) ([]authority.Waiting, error) {
		return []authority.Waiting{w}, nil
	}), authority.ErrInDoubt)
	require.Negative(t, p.swallow.Add(-1), "the commit was seen")
	var found []authority.Waiting
	require.NoError(t, s.Holds().ChangeWaiting(t.Context(), func(all []authority.Waiting) ([]authority.Waiting, error) {
		found = all
		return all, nil
	}))
	require.Len(t, found, 1, "it was made")
}
