package producer_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/client"
	"github.com/rubin-love/love-go/love/lovetest"
	"github.com/rubin-love/love-go/love/producer"
	"github.com/rubin-love/love-go/love/sal"
	"github.com/rubin-love/love-go/love/sal/sim"
)

// countingObservatory is an observatory whose components count, in an event and in
// telemetry.
type countingObservatory struct {
	domain      *sal.Domain
	names       []string
	controllers []*sal.Controller
	counts      []atomic.Int64 // of the events, by component
	writing     sync.WaitGroup
}

func newCountingObservatory(t *testing.T, components int) *countingObservatory {
	count := []sal.Field{{Name: "n", Type: sal.Long}}
	var all []*sal.Component
	b := &countingObservatory{counts: make([]atomic.Int64, components)}
	for i := range components {
		b.names = append(b.names, fmt.Sprintf("Counter%d", i))
		all = append(all, &sal.Component{Name: b.names[i], Topics: []*sal.Topic{
			{Kind: sal.Event, Name: "count", Fields: count},
			{Kind: sal.Event, Name: "round", Fields: count},
			{Kind: sal.Telemetry, Name: "total", Fields: count},
		}})
	}
	defs, err := sal.Define(all...)
	require.NoError(t, err)
	b.domain = sal.NewDomain(sim.NewBus(), defs)
	for _, name := range b.names {
		c, err := b.domain.Controller(t.Context(), name, 0, sal.WriteOnly())
		require.NoError(t, err)
		b.controllers = append(b.controllers, c)
	}
	return b
}

// count has all components write until ctx ends.
func (b *countingObservatory) count(ctx context.Context, t *testing.T, every time.Duration) {
	for i, c := range b.controllers {
		b.writing.Go(func() {
			ticker := time.NewTicker(every)
			defer ticker.Stop()
			for {
				select {
				case <-ticker.C:
				case <-ctx.Done():
					return
				}
				n := b.counts[i].Add(1)
				b.write(t, c, "evt_count", n)
				b.write(t, c, "tel_total", n)
			}
		})
	}
}

func (b *countingObservatory) write(t *testing.T, c *sal.Controller, attr string, n int64) {
	if _, err := c.Write(context.Background(), attr, sal.Values{"n": n}); err != nil {
		t.Error(err)
	}
}

// counted returns the number in a message.
func counted(t *testing.T, m love.Message) int64 {
	type fields struct{ N struct{ Value int64 } }
	var list []fields
	if m.Category == love.CategoryTelemetry {
		list = make([]fields, 1)
		require.NoError(t, json.Unmarshal(m.Data[0].Streams[0].Value, &list[0]))
	} else {
		require.NoError(t, json.Unmarshal(m.Data[0].Streams[0].Value, &list))
	}
	return list[0].N.Value
}

// The manager is killed and restarted 20 times while all components write.
func TestEveryEventArrivesThoughTheManagerIsKilledAgainAndAgain(t *testing.T) {
	const kills, components = 20, 3
	m := lovetest.NewManager(t)
	b := newCountingObservatory(t, components)
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup

	manager, err := client.New(m.URL, client.WithProcessPassword(m.Password))
	require.NoError(t, err)
	c := producer.NewClient(manager)
	set, err := producer.NewSet(producer.NewFactory(b.domain, producer.WithPeriod(50*time.Millisecond)), c, b.names)
	require.NoError(t, err)
	running.Go(func() { require.NoError(t, set.Run(ctx)) })
	viewer := newViewer(ctx, t, m, &running, love.StreamGroup(love.CategoryEvent, b.names[0], 0, "count"))

	writing, stopWriting := context.WithCancel(ctx)
	b.count(writing, t, 5*time.Millisecond)
	awaitRound := func(round int64) {
		lovetest.Wait(m, "event-Counter0-0-round", func(e struct{ N int64 }) bool { return e.N == round })
	}
	b.write(t, b.controllers[0], "evt_round", 0)
	awaitRound(0)
	var took []time.Duration
	for round := int64(1); round <= kills; round++ {
		m.Kill()
		b.write(t, b.controllers[0], "evt_round", round)
		<-time.After(time.Duration(round*10) * time.Millisecond)
		m.Start()
		back := time.Now()
		awaitRound(round)
		took = append(took, time.Since(back))
	}
	slices.Sort(took)
	require.Less(t, took[kills*3/4], time.Second, "producers are back within a second of the manager: %v", took)
	require.Less(t, took[kills-1], 3*time.Second, "even where everything runs at once and under the race detector: %v", took)
	stopWriting()
	b.writing.Wait()
	b.write(t, b.controllers[0], "evt_round", kills+1)
	awaitRound(kills + 1)
	last := b.counts[0].Load()
	require.Eventually(t, func() bool { return viewer.Load() == last }, 5*time.Second, 10*time.Millisecond, "viewers converge")

	cancel()
	running.Wait()
	require.NoError(t, b.domain.Close())
	require.Zero(t, c.Dropped())
	m.Kill()
	for i, name := range b.names {
		require.Equal(t, b.counts[i].Load(), highestWithoutGap(t, m.Messages(), name), "%s: all events, none before its predecessor", name)
	}
}

// highestWithoutGap returns the highest number in the events of a component. What
// was sent into a connection that broke comes again; nothing comes too early.
func highestWithoutGap(t *testing.T, all []love.Message, name string) (highest int64) {
	for _, msg := range all {
		if it := msg.Data[0]; it.CSC == name && it.Streams[0].Name == "count" {
			n := counted(t, msg)
			require.LessOrEqual(t, n, highest+1, "%s: one is missing", name)
			highest = max(highest, n)
		}
	}
	return highest
}

// newViewer subscribes to a stream as a page does, and keeps the last number.
func newViewer(ctx context.Context, t *testing.T, m *lovetest.Manager, running *sync.WaitGroup, group love.Group) (last *atomic.Int64) {
	last = &atomic.Int64{}
	c, err := client.New(m.URL, client.WithProcessPassword(m.Password))
	require.NoError(t, err)
	running.Go(func() { _ = c.Run(ctx) })
	running.Go(func() {
		for d, err := range c.Subscribe(ctx, group) {
			if err != nil {
				return
			}
			msg, err := love.ParseMessage(d.Raw)
			if err != nil {
				t.Error(err)
				return
			}
			last.Store(counted(t, msg))
		}
	})
	return last
}
