package hub_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
)

// soakCategory is the category of what the soak publishes for itself. Clients do not
// subscribe to it, and nothing of it is conflated.
const soakCategory love.Category = "soak"

// soakClaim is what a hub publishes again and again: what it has routed of the streams that
// are published there. It comes behind all that, so a hub that receives it has the same for
// whoever subscribes.
type soakClaim struct {
	Count  int64
	Faults int64 // see soakHub
	Calm   bool
	Values map[int]int64 // by the numbers of streams
}

// syncGroup is where a hub publishes its claims.
func (h *soakHub) syncGroup() love.Group {
	return love.StreamGroup(soakCategory, "Sync", h.number, "claim")
}

// startSync begins to tell the model what each of several hubs must have of the others.
func (s *soak) startSync() (stop func()) {
	if len(s.hubs) == 1 {
		return func() {}
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	for _, h := range s.hubs {
		for range s.hubs {
			h.synced = append(h.synced, new(atomic.Int64))
		}
	}
	for _, h := range s.hubs {
		running.Go(func() { s.sendClaims(ctx, h) })
		for _, other := range s.hubs {
			if other != h {
				running.Go(func() { s.receiveClaims(ctx, h, other) })
			}
		}
	}
	return func() {
		cancel()
		running.Wait()
	}
}

func (s *soak) sendClaims(ctx context.Context, h *soakHub) {
	for ctx.Err() == nil {
		c := soakClaim{Faults: h.faults.Load(), Calm: !h.isDisturbed(), Count: h.synced[h.number].Load() + 1, Values: make(map[int]int64)}
		for _, st := range s.model.streams {
			if st.home.Load() == h {
				c.Values[st.number] = h.states[st.number].routed.Load()
			}
		}
		value, _ := json.Marshal(c)
		h.synced[h.number].Store(c.Count)
		g := h.syncGroup()
		err := h.hub.Publish(ctx, love.Message{Category: g.Category, Data: []love.Item{
			{CSC: g.CSC, SalIndex: love.Index(h.number), Streams: []love.Stream{{Name: g.Stream, Value: value}}},
		}})
		if err != nil && ctx.Err() == nil {
			s.fail(fmt.Errorf("claim: %w", err))
			return
		}
		select {
		case <-ctx.Done():
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// receiveClaims takes the claims of another hub at h.
func (s *soak) receiveClaims(ctx context.Context, h, from *soakHub) {
	l := h.hub.Local(auth.Principal{Process: true})
	defer func() { _ = l.Close() }()
	err := l.Send(ctx, []byte(request("subscribe", from.syncGroup().String())))
	for err == nil {
		var msg []byte
		if msg, err = l.Receive(ctx); err == nil {
			err = s.receiveClaim(h, from, msg)
		}
	}
	if ctx.Err() == nil {
		s.fail(fmt.Errorf("claims of hub %d at hub %d: %w", from.number, h.number, err))
	}
}

func (s *soak) receiveClaim(h, from *soakHub, msg []byte) error {
	var m struct {
		Data json.RawMessage
	}
	var items []struct {
		Data struct{ Claim soakClaim }
	}
	if err := json.Unmarshal(msg, &m); err != nil {
		return err
	}
	if m.Data[0] == '"' {
		return nil // the confirmation
	}
	if err := json.Unmarshal(m.Data, &items); err != nil {
		return err
	}
	c := items[0].Data.Claim
	count := h.synced[from.number]
	if last := count.Load(); c.Count <= last || last > 0 && c.Count > last+1 && h.faults.Load() == 0 {
		return fmt.Errorf("%d follows %d", c.Count, last)
	}
	count.Store(c.Count)
	if h.isDisturbed() {
		return nil
	}
	for number, value := range c.Values {
		st := s.model.streams[number]
		// Telemetry that waited may have been replaced by what waits still.
		if st.group.Category != love.CategoryTelemetry || c.Calm && !from.isDisturbed() && from.faults.Load() == c.Faults {
			raise(&h.states[number].reached, value)
		}
	}
	return nil
}

// awaitSync waits until h has received all that from has published before.
func (s *soak) awaitSync(h, from *soakHub) error {
	// Of what is being sent the count may be there already.
	after := from.synced[from.number].Load() + 1
	return s.await(func() bool { return h.synced[from.number].Load() > after }, "claims of hub %d at hub %d", from.number, h.number)
}

func (s *soak) await(state func() bool, what string, args ...any) error {
	for until := time.Now().Add(6 * timeout); !state(); time.Sleep(time.Millisecond) {
		if time.Now().After(until) {
			return fmt.Errorf("this does not come: "+what, args...)
		}
	}
	return nil
}

// move gives the streams of a publisher to another hub, once all hubs have what was
// published: there is no order between the hubs. It reports whether they were moved.
func (s *soak) move(ctx context.Context, sets [][]*soakStream, rng *rand.Rand) bool {
	from, to := sets[0][0].home.Load(), s.hubs[rng.IntN(len(s.hubs))]
	if from == to {
		return false
	}
	streams := slices.Concat(sets...)
	everywhere := func() bool {
		return !slices.ContainsFunc(s.hubs, func(h *soakHub) bool {
			return slices.ContainsFunc(streams, func(st *soakStream) bool { return h.states[st.number].reached.Load() < st.begun.Load() })
		})
	}
	for until := time.Now().Add(time.Second); !everywhere(); time.Sleep(time.Millisecond) {
		if ctx.Err() != nil || time.Now().After(until) {
			return false
		}
	}
	s.faulting.Lock()
	defer s.faulting.Unlock()
	if slices.ContainsFunc(s.hubs, (*soakHub).isDisturbed) {
		return false // what a hub had it may have to learn again
	}
	for _, st := range streams {
		st.home.Store(to)
	}
	return true
}

// disturb says that from now on hubs may miss what the others publish, and the others what
// they publish.
func (s *soak) disturb(hubs []*soakHub) {
	s.faulting.Lock()
	defer s.faulting.Unlock()
	for _, h := range hubs {
		h.disturbed.Store(true)
		h.faults.Add(1)
	}
}

// calm says that nothing is missed from now on. It returns when that is so.
func (s *soak) calm(hubs []*soakHub) error {
	var agreeing sync.WaitGroup
	failures := make([]error, len(hubs))
	for i, h := range hubs {
		agreeing.Go(func() { failures[i] = s.awaitAgreement(h) })
	}
	agreeing.Wait()
	if err := errors.Join(failures...); err != nil {
		return err
	}
	s.faulting.Lock()
	defer s.faulting.Unlock()
	for _, st := range s.model.streams {
		for _, h := range s.hubs {
			if h.lost(st) == maxLost {
				h.states[st.number].lost.Store(st.begun.Load())
			}
		}
	}
	for _, h := range hubs {
		h.disturbed.Store(false)
	}
	return nil
}

// awaitAgreement waits until a hub that is connected again has learned all that its clients
// have missed, and the others have what waited there.
func (s *soak) awaitAgreement(h *soakHub) error {
	// What it subscribes to now is subscribed behind all that it wanted before.
	l := h.hub.Local(auth.Principal{Process: true})
	defer func() { _ = l.Close() }()
	ctx, cancel := context.WithTimeout(context.Background(), 6*timeout)
	defer cancel()
	if err := l.Send(ctx, []byte(request("subscribe", love.StreamGroup(soakCategory, "Calm", 0, "s").String()))); err != nil {
		return err
	}
	if _, err := l.Receive(ctx); err != nil {
		return fmt.Errorf("a subscription at hub %d: %w", h.number, err)
	}
	for _, other := range s.hubs {
		if err := s.awaitSync(other, h); err != nil {
			return err
		}
	}
	// It has begun to read all of that; one transaction later it has read it, and has
	// learned it when a later message of another hub comes.
	other := s.hubs[(h.number+1)%len(s.hubs)]
	for range 2 {
		if err := s.awaitSync(other, h); err != nil {
			return err
		}
	}
	return s.awaitSync(h, other)
}
