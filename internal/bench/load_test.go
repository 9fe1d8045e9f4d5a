package bench_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/bench"
	"github.com/rubin-love/love-go/love/hub"
)

func TestALoadCountsEveryDelivery(t *testing.T) {
	l := small(start(t))
	r, err := l.Run(t.Context())
	require.NoError(t, err)
	require.NoError(t, r.Failure)
	require.EqualValues(t, 40, r.Published, "200 per second in 0.2 s")
	require.EqualValues(t, 40*3*4, r.Delivered)
	require.EqualValues(t, 50*3*4, r.Expected, "with those of the warm-up")
	require.Zero(t, r.Lost)
	require.Zero(t, r.Reordered)
	require.EqualValues(t, r.Delivered, r.Latency.Count())
	require.Positive(t, r.Latency.Quantile(.5))
	require.Positive(t, r.Manager.RSS)
	require.Greater(t, r.Bytes/r.Delivered, uint64(200))
	for _, line := range []string{"published  200 messages/s", "delivered  2400/s", "lost       0 of 600", "latency    p50", "manager    "} {
		require.Contains(t, r.String(), line)
	}
}

func TestSubscribersOfAComponentGetItsStreamsInOneMessage(t *testing.T) {
	l := small(start(t))
	l.Component = true
	r, err := l.Run(t.Context())
	require.NoError(t, err)
	require.NoError(t, r.Failure)
	require.EqualValues(t, 40*3, r.Delivered)
	require.EqualValues(t, 50*3, r.Expected)
	require.Zero(t, r.Lost)
	require.Greater(t, r.Bytes/r.Delivered, uint64(4*200))
	require.Contains(t, r.String(), "3 subscribers of components, 2 publishers")
}

func TestEventsBesideALoadAreMeasuredByThemselves(t *testing.T) {
	l := small(start(t))
	l.Events, l.Random = 100, true
	r, err := l.Run(t.Context())
	require.NoError(t, err)
	require.NoError(t, r.Failure)
	require.EqualValues(t, 40*3*4, r.Latency.Count(), "each turn has one message")
	require.EqualValues(t, 20*3, r.Events.Count())
	require.EqualValues(t, 40*3*4+20*3, r.Delivered)
	require.EqualValues(t, 50*3*4+25*3, r.Expected)
	require.Zero(t, r.Lost)
	require.Equal(t, &r.Events, r.Probe())
	require.Contains(t, r.String(), "events     p50")
}

func TestTheBytesOnTheWireIncludeTheHeadersOfTheFrames(t *testing.T) {
	r, err := small(start(t)).Run(t.Context())
	require.NoError(t, err)
	require.Equal(t, r.Bytes+4*r.Delivered, r.WireBytes, "frames of 126 to 65535 bytes")
}

func TestACompressedLoadIsTheSameInFewerBytes(t *testing.T) {
	l := small(start(t))
	l.Compressed, l.Component, l.Payload = true, true, 500
	r, err := l.Run(t.Context())
	require.NoError(t, err)
	require.NoError(t, r.Failure)
	require.EqualValues(t, 40*3, r.Delivered)
	require.Zero(t, r.Lost)
	require.Greater(t, r.Bytes/r.Delivered, uint64(4*500))
	require.Less(t, r.WireBytes, r.Bytes/2)
	require.Contains(t, r.String(), "3 subscribers of components, compressed")
}

func TestAManagerThatDoesNotCompressIsAnErrorIfItShould(t *testing.T) {
	l := small(start(t, hub.WithCompression(false)))
	l.Compressed = true
	_, err := l.Run(t.Context())
	require.ErrorContains(t, err, "the server does not compress")
}

func TestALoadReportsConnectionsThatTheManagerCloses(t *testing.T) {
	l := small(start(t, hub.WithLimits(hub.Limits{ProcessMessage: 100})))
	l.Settle, l.Subscribers = 0, 0 // a subscription is small enough, a message is not
	r, err := l.Run(t.Context())
	if err == nil { // the last message may have been the one that was too big
		err = r.Failure
	}
	require.Error(t, err)
}

func TestALoadEndsWithItsContext(t *testing.T) {
	l := small(start(t))
	l.Duration = time.Hour - time.Minute
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err := l.Run(ctx)
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

func TestInvalidLoadsAreRefused(t *testing.T) {
	for name, change := range map[string]func(*bench.Load){
		"no publisher":     func(l *bench.Load) { l.Publishers = 0 },
		"no stream":        func(l *bench.Load) { l.Streams = 0 },
		"too many streams": func(l *bench.Load) { l.Streams = 1000 },
		"negative":         func(l *bench.Load) { l.Subscribers = -1 },
		"no rate":          func(l *bench.Load) { l.Rate = 0 },
		"no such events":   func(l *bench.Load) { l.Events = -1 },
		"category":         func(l *bench.Load) { l.Category = "command" },
		"no duration":      func(l *bench.Load) { l.Duration = 0 },
		"too long":         func(l *bench.Load) { l.Duration = 2 * time.Hour },
	} {
		t.Run(name, func(t *testing.T) {
			l := small("ws://127.0.0.1:1/")
			change(&l)
			require.Error(t, l.Check())
			_, err := l.Run(t.Context())
			require.Equal(t, l.Check(), err)
		})
	}
}

func TestAManagerThatRefusesIsAnError(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	_, err := small("ws" + strings.TrimPrefix(server.URL, "http")).Run(t.Context())
	require.ErrorContains(t, err, "connect to the manager")
}

func TestSubscribersAreAtSeveralManagersInTurn(t *testing.T) {
	l := small(start(t))
	l.Subscribers, l.Settle = 4, 2*time.Second
	l.ReaderURLs = []string{l.URL, start(t)} // the other gets nothing of the first
	r, err := l.Run(t.Context())
	require.NoError(t, err)
	require.NotZero(t, r.Expected)
	require.Equal(t, r.Expected/2, r.Lost)
}
