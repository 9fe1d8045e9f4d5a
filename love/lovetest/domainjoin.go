package lovetest

import (
	"context"
	"sync"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/sal"
)

// joining is the part of the suite about remotes that start late.
var joining = map[string]func(*suite){
	"a late joiner gets the newest event of each instance": lateJoinerKnowsInstances,
	"a late joiner of one instance gets its newest event":  lateJoinerOfOne,
	"a late joiner of a component gets its newest event":   lateJoinerKnowsNewest,
	"a late joiner may read back over a window only":       windowLimits,
	"telemetry and commands have no history":               noPast,
	"a remote without history gets only new samples":       withoutHistory,
	"no sample is lost or repeated after the history":      joinsWithoutGap,
	"a start is limited by its context":                    startIsLimited,
}

func lateJoinerKnowsInstances(s *suite) {
	d := s.domain()
	writers := []*sal.Controller{s.writer(d, "Fan", 0), s.writer(d, "Fan", 1), s.writer(d, "Fan", 2)}
	for round := range 3 {
		for i, c := range writers {
			s.write(c, "evt_turned", 10*i+round)
		}
	}
	got := s.received(s.remote(s.domain(), "Fan", 0), "evt_turned")
	require.Equal(s, []int{2, 12, 22}, got.numbers(3), "one of each, in the order in which they were first seen")
	s.write(writers[1], "evt_turned", 99)
	require.Equal(s, []int{99}, got.numbers(1))
}

func lateJoinerOfOne(s *suite) {
	d := s.domain()
	one, two := s.writer(d, "Fan", 1), s.writer(d, "Fan", 2)
	s.write(one, "evt_turned", 1)
	s.write(one, "evt_turned", 2)
	s.write(two, "evt_turned", 3)
	r := s.remote(s.domain(), "Fan", 1)
	latest, ok := r.Latest("evt_turned")
	require.True(s, ok, "Latest knows it when the remote has started")
	require.EqualValues(s, 2, latest.Int("number"))
	got := s.received(r, "evt_turned")
	require.Equal(s, []int{2}, got.numbers(1))
	got.requireNothing()
}

func lateJoinerKnowsNewest(s *suite) {
	c := s.writer(s.domain(), "Lamp", 0)
	for n := 1; n <= 3; n++ {
		s.write(c, "evt_turned", n)
	}
	r := s.remote(s.domain(), "Lamp", 0)
	got := s.received(r, "evt_turned")
	require.Equal(s, []int{3}, got.numbers(1))
	got.requireNothing()
	_, ok := r.Latest("evt_everything")
	require.False(s, ok, "an event that was never written is unknown")
}

// windowLimits accepts an event from before the window, because a bus that keeps the
// newest of each instance may find it (docs/protocol/sal-kafka.md#late-joiner-data).
func windowLimits(s *suite) {
	d := s.domain()
	one, two := s.writer(d, "Fan", 1), s.writer(d, "Fan", 2)
	s.write(one, "evt_turned", 1)
	for n := 1; n <= 5; n++ {
		s.write(two, "evt_turned", 20+n)
	}
	r := s.remote(s.domain(), "Fan", 0, sal.WithHistory(3))
	got := s.received(r, "evt_turned")
	first := got.next()
	if first.Index() == 1 {
		require.EqualValues(s, 1, first.Int("number"))
		first = got.next()
	}
	require.EqualValues(s, 25, first.Int("number"))
	got.requireNothing()
}

func noPast(s *suite) {
	d := s.domain()
	s.write(s.writer(d, "Lamp", 0), "tel_speed", 1)
	caller := s.remote(s.domain(), "Lamp", 0)
	_, err := caller.Command(s.Context(), "turn", sal.Values{"number": 1}, sal.WithTimeout(s.f.Unit))
	require.ErrorIs(s, err, sal.ErrTimeout)

	s.component(d, "Lamp", 0, func(_ context.Context, command *sal.Sample) error {
		if command.Int("number") == 1 {
			s.Error("a command from before the start was executed")
		}
		return nil
	})
	r := s.remote(s.domain(), "Lamp", 0)
	_, ok := r.Latest("tel_speed")
	require.False(s, ok)
	_, err = r.Command(s.Context(), "turn", sal.Values{"number": 2}, sal.WithTimeout(s.timeout()))
	require.NoError(s, err)
}

func withoutHistory(s *suite) {
	c := s.writer(s.domain(), "Lamp", 0)
	s.write(c, "evt_turned", 1)
	r := s.remote(s.domain(), "Lamp", 0, sal.WithHistory(0))
	got := s.received(r, "evt_turned")
	got.requireNothing()
	s.write(c, "evt_turned", 2)
	require.Equal(s, []int{2}, got.numbers(1))
}

func joinsWithoutGap(s *suite) {
	const last = 300
	c := s.writer(s.domain(), "Lamp", 0)
	var writing sync.WaitGroup
	writing.Go(func() {
		for n := 1; n <= last; n++ {
			if _, err := c.Write(s.Context(), "evt_turned", sal.Values{"number": n}); err != nil {
				s.Error(err)
			}
			s.pause(s.f.Unit / 1000)
		}
	})
	d := s.domain()
	for range 5 {
		got := s.received(s.remote(d, "Lamp", 0), "evt_turned")
		next := got.next().Int("number") + 1
		for next <= last && next%50 != 0 {
			require.EqualValues(s, next, got.next().Int("number"))
			next++
		}
	}
	writing.Wait()
}

func startIsLimited(s *suite) {
	ctx, cancel := context.WithCancel(s.Context())
	cancel()
	if r, err := s.domain().Remote(ctx, "Lamp", 0); err == nil {
		require.NoError(s, r.Close()) // it was started before it noticed
	} else {
		require.ErrorIs(s, err, context.Canceled)
	}
}
