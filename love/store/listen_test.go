package store_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/pgtest"
	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/lovetest"
	"github.com/rubin-love/love-go/love/store"
)

// TestPostgreSQLTellsOfChanges: the clock of one store stands still, so that it never polls.
func TestPostgreSQLTellsOfChanges(t *testing.T) {
	address := pgtest.Schema(t)
	here := openListening(t, address, store.WithClock(lovetest.NewClock(time.Now())))
	there := openListening(t, address)
	changed := make(chan struct{}, 100)
	defer here.Holds().Watch(func() { changed <- struct{}{} })()
	for n := 0; ; n++ { // it may not listen yet
		require.Less(t, n, 300, "nothing came")
		require.NoError(t, there.Holds().Change(t.Context(), func([]love.Hold) ([]love.Hold, error) {
			return []love.Hold{{ID: strconv.Itoa(n), Pattern: "ATDome", User: "ana", Since: time.Unix(1, 0).UTC(), Until: time.Unix(2, 0).UTC()}}, nil
		}))
		select {
		case <-changed:
			held, err := here.Holds().Held()
			require.NoError(t, err)
			require.Len(t, held, 1)
			return
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func TestWhatOneProcessTellsTheOthersHear(t *testing.T) {
	address := pgtest.Schema(t)
	here, there, elsewhere := openListening(t, address), openListening(t, address), openListening(t, pgtest.Schema(t))
	heard := make(chan string, 1000)
	for name, s := range map[string]*store.Store{"here": here, "elsewhere": elsewhere} {
		defer s.Told(func(string) { heard <- name })()
	}
	defer there.Told(func(text string) { heard <- text })()
	for n := 0; ; n++ { // it may not listen yet
		require.Less(t, n, 300, "nothing came")
		require.NoError(t, here.Tell(t.Context(), "the \"text\""))
		select {
		case text := <-heard:
			require.Equal(t, "the \"text\"", text)
			require.ErrorContains(t, here.Tell(t.Context(), strings.Repeat("x", 4001)), "4001 bytes")
			return
		case <-time.After(100 * time.Millisecond):
		}
	}
}
