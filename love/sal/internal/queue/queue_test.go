package queue_test

import (
	"context"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/rubin-love/love-go/love/sal/internal/queue"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestTakeReturnsAllInOrder(t *testing.T) {
	q := queue.New[int](10)
	for round := range 3 {
		for i := range 5 {
			q.Put(10*round + i)
		}
		got, err := q.Take(t.Context())
		require.NoError(t, err)
		require.Equal(t, []int{10 * round, 10*round + 1, 10*round + 2, 10*round + 3, 10*round + 4}, got)
	}
}

func TestFullQueueDropsItsOldest(t *testing.T) {
	q := queue.New[int](3)
	for i := range 10 {
		q.Put(i)
	}
	require.EqualValues(t, 7, q.Lost())
	got, err := q.Take(t.Context())
	require.NoError(t, err)
	require.Equal(t, []int{7, 8, 9}, got)
}

func TestTakeWaitsForAnItemOrTheContext(t *testing.T) {
	q := queue.New[int](1000)
	var putting sync.WaitGroup
	putting.Go(func() {
		for i := range 1000 {
			q.Put(i)
		}
	})
	next := 0
	for next < 1000 {
		got, err := q.Take(t.Context())
		require.NoError(t, err)
		for _, v := range got {
			require.Equal(t, next, v)
			next++
		}
	}
	putting.Wait()
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(context.DeadlineExceeded)
	_, err := q.Take(ctx)
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

func TestNextReturnsOneAtATime(t *testing.T) {
	q := queue.New[int](3)
	q.PutAll([]int{1, 2, 3, 4})
	for want := 2; want <= 4; want++ {
		got, err := q.Next(t.Context())
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	go q.Put(5)
	got, err := q.Next(t.Context())
	require.NoError(t, err)
	require.Equal(t, 5, got)
	q.Put(6)
	q.Fail(context.Canceled)
	got, err = q.Next(t.Context())
	require.NoError(t, err, "remaining items come first")
	require.Equal(t, 6, got)
	_, err = q.Next(t.Context())
	require.ErrorIs(t, err, context.Canceled)
}
