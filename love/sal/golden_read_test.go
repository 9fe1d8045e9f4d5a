package sal_test

import (
	"iter"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/sal"
	"github.com/rubin-love/love-go/love/sal/sim"
)

// replayReadMethods replays the flow of a topic's queue. What the recording calls
// get is Latest of the remote, aget Await, next with flush Next; the queue is a loop
// over Samples, and the callback is one of Subscribe.
func replayReadMethods(t *testing.T, flow []byte) {
	var want struct {
		Written    int
		Length     int `json:"queue_len"`
		Get        float64
		Oldest     float64
		Next       float64               `json:"next_no_flush"`
		Await      float64               `json:"aget"`
		AfterFlush struct{ Get float64 } `json:"after_flush"`
		Waiters    []float64             `json:"two_waiters"`
		Callback   struct {
			CalledWith []float64 `json:"called_with"`
			Get        float64
		} `json:"callback_set_after_1001"`
	}
	decode(t, flow, &want)
	d := flowDomain(t, sim.NewBus(), flowInterfaces(t))
	c, r := writeOnly(t, d, "Single", 0), remote(t, d, "Single", 0)
	put := func(v float64) {
		write(t, c, "tel_value", sal.Values{"value": v})
		synctest.Wait()
	}
	get := func() float64 {
		s, ok := r.Latest("tel_value")
		require.True(t, ok)
		return s.Float("value")
	}
	put(-1)
	next, stop := iter.Pull2(r.Samples(t.Context(), "tel_value", want.Length))
	defer stop()
	take := func() float64 {
		s, err, _ := next()
		require.NoError(t, err)
		return s.Float("value")
	}
	require.Equal(t, -1.0, take(), "samples are collected from here on")
	for i := range want.Written {
		put(float64(i))
	}
	require.Equal(t, want.Get, get())
	require.Equal(t, want.Oldest, take())
	require.Equal(t, want.Next, take())
	s, err := r.Await(t.Context(), "tel_value")
	require.NoError(t, err)
	require.Equal(t, want.Await, s.Float("value"))
	require.Equal(t, want.AfterFlush.Get, get())

	got := make([]float64, len(want.Waiters))
	var waiters sync.WaitGroup
	for i := range want.Waiters {
		waiters.Go(func() {
			if s, err := r.Next(t.Context(), "tel_value"); err == nil {
				got[i] = s.Float("value")
			}
		})
	}
	synctest.Wait()
	put(want.Waiters[0])
	waiters.Wait()
	require.Equal(t, want.Waiters, got)

	put(want.Waiters[0] + 1)
	called := []float64{}
	_, err = r.Subscribe("tel_value", func(s *sal.Sample) { called = append(called, s.Float("value")) })
	require.NoError(t, err)
	put(want.Callback.CalledWith[0])
	newest := []float64{want.Waiters[0] + 1} // ours begins with the newest known sample
	require.Equal(t, append(newest, want.Callback.CalledWith...), called)
	require.Equal(t, want.Callback.Get, get())
}
