package sal_test

import (
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/sal"
	"github.com/rubin-love/love-go/love/sal/sim"
)

// replayReadMethods replays the flow of a topic's queue. What the recording
// calls get is Latest of the remote, aget is Await; setting a callback, it
// makes the other methods errors.
func replayReadMethods(t *testing.T, flow []byte) {
	var want struct {
		Written    int
		Length     int `json:"queue_len"`
		Queued     int `json:"nqueued"`
		Get        float64
		Oldest     float64
		Next       float64 `json:"next_no_flush"`
		Await      float64 `json:"aget"`
		AfterFlush struct {
			Oldest *float64
			Get    float64
		} `json:"after_flush"`
		Waiters      []float64 `json:"two_waiters"`
		AfterWaiters int       `json:"queued_after_waiters"`
		Callback     struct {
			CalledWith []float64 `json:"called_with"`
			Get        float64
		} `json:"callback_set_after_1001"`
	}
	decode(t, flow, &want)
	d := flowDomain(t, sim.NewBus(), flowInterfaces(t))
	c, r := writeOnly(t, d, "Single", 0), remote(t, d, "Single", 0)
	q, err := r.Queue("tel_value", want.Length)
	require.NoError(t, err)
	put := func(v float64) {
		write(t, c, "tel_value", sal.Values{"value": v})
		synctest.Wait()
	}
	get := func() float64 {
		s, ok := r.Latest("tel_value")
		require.True(t, ok)
		return s.Float("value")
	}
	for i := range want.Written {
		put(float64(i))
	}
	require.Equal(t, want.Queued, q.Len())
	require.Equal(t, want.Get, get())
	s, err := q.Oldest()
	require.NoError(t, err)
	require.Equal(t, want.Oldest, s.Float("value"))
	s, err = q.Next(t.Context())
	require.NoError(t, err)
	require.Equal(t, want.Next, s.Float("value"))
	s, err = q.Await(t.Context())
	require.NoError(t, err)
	require.Equal(t, want.Await, s.Float("value"))

	require.NoError(t, q.Flush())
	s, err = q.Oldest()
	require.NoError(t, err)
	require.Equal(t, want.AfterFlush.Oldest == nil, s == nil)
	require.Equal(t, want.AfterFlush.Get, get())

	got := make([]float64, len(want.Waiters))
	var waiters sync.WaitGroup
	for i := range want.Waiters {
		waiters.Go(func() {
			if s, err := q.Next(t.Context()); err == nil {
				got[i] = s.Float("value")
			}
		})
	}
	synctest.Wait()
	put(want.Waiters[0])
	waiters.Wait()
	require.Equal(t, want.Waiters, got)
	require.Equal(t, want.AfterWaiters, q.Len())

	put(want.Waiters[0] + 1)
	called := []float64{}
	require.NoError(t, q.Call(func(s *sal.Sample) { called = append(called, s.Float("value")) }))
	put(want.Callback.CalledWith[0])
	require.Equal(t, want.Callback.CalledWith, called)
	require.Equal(t, want.Callback.Get, get())
	for _, use := range []func() error{
		func() error { _, err := q.Await(t.Context()); return err },
		func() error { _, err := q.Next(t.Context()); return err },
		func() error { _, err := q.Oldest(); return err },
		q.Flush,
	} {
		require.ErrorIs(t, use(), sal.ErrCallback)
	}
}
