package store_test

import (
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/frontend"
	"github.com/rubin-love/love-go/love/lovetest"
	"github.com/rubin-love/love-go/love/store"
)

func TestFrontend_IsSharedByProcesses(t *testing.T) {
	runOnShared(t, func(t *testing.T, address string) {
		a, b := openStore(t, address), openStore(t, address)
		ctx := t.Context()
		before := b.Frontend().Revision()
		v, err := a.Frontend().Views().Create(ctx, frontend.View{Name: "shared", Data: json.RawMessage(`""`)})
		require.NoError(t, err)
		b.Refresh(ctx)
		require.Greater(t, b.Frontend().Revision(), before, "what was read before does not count any more")
		require.Equal(t, a.Frontend().Revision(), b.Frontend().Revision())

		var editing sync.WaitGroup
		errs := make(chan error, 40)
		for i := range 10 {
			for _, s := range []*store.Store{a, b} {
				editing.Go(func() {
					_, err := s.Frontend().Views().Update(ctx, v.ID, func(v *frontend.View) error {
						var text string
						if err := json.Unmarshal(v.Data, &text); err != nil {
							return err
						}
						v.Data, err = json.Marshal(text + "x")
						return err
					})
					errs <- err
					_, err = s.Frontend().ImageTags().Create(ctx, frontend.ImageTag{Label: fmt.Sprint(i)})
					errs <- err
				})
			}
		}
		editing.Wait()
		close(errs)
		for err := range errs {
			require.NoError(t, err)
		}
		got, err := a.Frontend().Views().Get(ctx, v.ID)
		require.NoError(t, err)
		require.Len(t, string(got.Data), 22, "no change is lost")
		tags, err := b.Frontend().ImageTags().List(ctx)
		require.NoError(t, err)
		require.Len(t, tags, 20)
	})
}

func TestFrontend_IsFilledOnceByProcessesThatStartTogether(t *testing.T) {
	runOnShared(t, func(t *testing.T, address string) {
		var starting sync.WaitGroup
		errs := make(chan error, 4)
		for range 4 {
			s := openStore(t, address)
			starting.Go(func() { errs <- frontend.AddFirst(t.Context(), s.Frontend()) })
		}
		starting.Wait()
		close(errs)
		for err := range errs {
			require.NoError(t, err)
		}
		views, err := openStore(t, address).Frontend().Views().Summaries(t.Context())
		require.NoError(t, err)
		require.Len(t, views, 4)
	})
}

func TestFrontend_TellsOfChangesThatItSeesLater(t *testing.T) {
	runOnShared(t, func(t *testing.T, address string) {
		clock := lovetest.NewClock(time.Date(2026, 3, 14, 1, 59, 26, 0, time.UTC))
		a, b := openStore(t, address), openStore(t, address, store.WithClock(clock))
		_, err := a.Frontend().ImageTags().Create(t.Context(), frontend.ImageTag{Label: "a"})
		require.NoError(t, err)
		clock.WaitForTimers(1)
		require.Eventually(t, func() bool {
			clock.Advance(store.PollPeriod)
			return b.Frontend().Revision() == a.Frontend().Revision()
		}, 30*time.Second, time.Millisecond)
	})
}

func TestFrontend_KeepsLargeViews(t *testing.T) {
	runOnShared(t, func(t *testing.T, address string) {
		s := openStore(t, address)
		text := make([]byte, 4<<20)
		for i := range text {
			text[i] = "abcdefghij"[i%10]
		}
		data := json.RawMessage(`"` + string(text) + `"`)
		v, err := s.Frontend().Views().Create(t.Context(), frontend.View{Name: "large", Data: data, Picture: frontend.Picture{Number: 1, Type: "png", Content: text}})
		require.NoError(t, err)
		got, err := s.Frontend().Views().Get(t.Context(), v.ID)
		require.NoError(t, err)
		require.True(t, string(data) == string(got.Data), "the data differ")
		p, err := s.Frontend().Views().Picture(t.Context(), v.ID)
		require.NoError(t, err)
		require.True(t, string(text) == string(p.Content), "the picture differs")
	})
}
