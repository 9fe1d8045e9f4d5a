package redis_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/hub"
	"github.com/rubin-love/love-go/love/hub/redis"
)

const patience = 30 * time.Second

// eventually waits for a state.
func eventually(t *testing.T, state func() bool, what string) {
	t.Helper()
	require.Eventually(t, state, patience, 5*time.Millisecond, what)
}

// manager is a hub with a broker of its own.
type manager struct {
	t      *testing.T
	broker *redis.Broker
	hub    *hub.Hub
}

func newManager(t *testing.T, address string, o redis.Options) *manager {
	b := connect(t, address, o)
	h := hub.New(hub.WithBroker(b), hub.WithTracing(false))
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		require.NoError(t, h.Shutdown(ctx))
	})
	return &manager{t, b, h}
}

func (m *manager) check() error { return m.broker.Check(m.t.Context()) }

func (m *manager) session() *session {
	l := m.hub.Local(auth.Principal{Process: true})
	m.t.Cleanup(func() { _ = l.Close() })
	return &session{m.t, l}
}

type session struct {
	t *testing.T
	l *hub.Local
}

func (s *session) send(format string, args ...any) {
	require.NoError(s.t, s.l.Send(s.t.Context(), fmt.Appendf(nil, format, args...)))
}

// publish publishes a number in a stream of component A.
func (s *session) publish(category, stream string, n int) {
	s.send(`{"category":%q,"data":[{"csc":"A","salindex":0,"data":{%q:%d}}]}`, category, stream, n)
}

func (s *session) next() string {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	msg, err := s.l.Receive(ctx)
	require.NoError(s.t, err, "a message must come")
	return string(msg)
}

func (s *session) subscribe(more string, groups ...string) *session {
	s.t.Helper()
	for _, g := range groups {
		part := strings.SplitN(g, "-", 4)
		s.send(`{"option":"subscribe","category":%q,"csc":%q,"salindex":%q,"stream":%q%s}`, part[0], part[1], part[2], part[3], more)
		require.Equal(s.t, fmt.Sprintf(`{"data":"Successfully subscribed to %s"}`, g), s.next())
	}
	return s
}

// value is a number that was delivered.
type value struct {
	Stream          string
	N               int
	Snapshot, Stale bool
}

func (s *session) value() value {
	s.t.Helper()
	msg := s.next()
	var d struct {
		Snapshot, Stale bool
		Data            []struct{ Data map[string]int }
	}
	require.NoError(s.t, json.Unmarshal([]byte(msg), &d), msg)
	for stream, n := range d.Data[0].Data {
		return value{stream, n, d.Snapshot, d.Stale}
	}
	require.FailNow(s.t, "no value", msg)
	return value{}
}

// numbers reads the numbers of a stream until one arrives.
func (s *session) numbers(until int) (list []int) {
	s.t.Helper()
	for {
		n := s.value().N
		if list = append(list, n); n == until {
			return list
		}
	}
}
