package redis

import (
	"cmp"
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/rubin-love/love-go/love/hub"
)

// peers are the other managers.
type peers struct {
	mu   sync.Mutex
	byID map[uint64]*peer
	dead map[uint64]bool // were here, and may come back
	name string          // of this manager
	log  *slog.Logger
}

// peer is another manager.
type peer struct {
	name    string
	seen    time.Time // when a sign of life came last
	beat    time.Time // by its own clock
	asked   bool      // its sources were read, or are about to be
	sources map[string]struct{}
}

// maxDead bounds how many managers are remembered that are not here.
const maxDead = 1000

func (x *peers) init(name string, log *slog.Logger) {
	x.byID, x.dead = make(map[uint64]*peer), make(map[uint64]bool)
	x.name, x.log = name, log
}

// set notes the sources of a manager, as they are in Redis. It returns those that are no
// longer among them, and those of which it did not know.
func (x *peers) set(origin uint64, sources []string, now time.Time) (lost, found []string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	p := x.getLocked(origin, now)
	p.asked = true
	old := p.sources
	p.sources = make(map[string]struct{}, len(sources))
	for _, s := range sources {
		if s == self {
			continue
		}
		s = strings.Clone(s)
		p.sources[s] = struct{}{}
		if _, known := old[s]; !known {
			found = append(found, s)
		}
		delete(old, s)
	}
	for s := range old {
		lost = append(lost, s)
	}
	return lost, found
}

func (x *peers) getLocked(origin uint64, now time.Time) *peer {
	p := x.byID[origin]
	if p == nil {
		p = &peer{seen: now, sources: make(map[string]struct{})}
		x.byID[origin] = p
	}
	return p
}

// beat notes a sign of life. known is false if the manager must be asked for its sources,
// and back is true if it was taken for dead.
func (x *peers) beat(origin uint64, name string, at, now time.Time) (known, back bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	p := x.getLocked(origin, now)
	known, p.asked = p.asked, true // a source that is up may have come before
	if name == x.name && p.name != name {
		x.log.Warn("another manager has the same name, so that their heartbeats and records cannot be told apart: give each a name of its own (--name, LOVED_NAME)", "name", name)
	}
	p.name, p.beat, p.seen = name, at, now
	back = x.dead[origin]
	delete(x.dead, origin)
	return known, back
}

func (x *peers) up(origin uint64, source string, now time.Time) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.getLocked(origin, now).sources[source] = struct{}{}
}

func (x *peers) gone(origin uint64, source string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if p := x.byID[origin]; p != nil {
		delete(p.sources, source)
	}
}

// isLive reports whether a source is connected to its manager.
func (x *peers) isLive(origin uint64, source string) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	p := x.byID[origin]
	if p == nil {
		return false
	}
	_, live := p.sources[source]
	return live
}

// remove forgets a manager and returns its sources.
func (x *peers) remove(origin uint64) (sources []string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.removeLocked(origin)
}

// end forgets a manager that has ended, and will not come back, and returns its sources.
func (x *peers) end(origin uint64) (sources []string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	sources = x.removeLocked(origin)
	delete(x.dead, origin)
	return sources
}

func (x *peers) removeLocked(origin uint64) (sources []string) {
	p := x.byID[origin]
	if p == nil {
		return nil
	}
	delete(x.byID, origin)
	if len(x.dead) < maxDead {
		x.dead[origin] = true
	}
	for s := range p.sources {
		sources = append(sources, s)
	}
	return sources
}

// removeSilent forgets the managers without a sign of life since a time, and returns their
// sources.
func (x *peers) removeSilent(since time.Time) (names, sources []string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for origin, p := range x.byID {
		if p.seen.Before(since) {
			names = append(names, cmp.Or(p.name, hex(origin)))
			sources = append(sources, x.removeLocked(origin)...)
		}
	}
	return names, sources
}

// list returns the managers for [Broker.Peers].
func (x *peers) list() (list []hub.Peer) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for origin, p := range x.byID {
		if !p.beat.IsZero() {
			list = append(list, hub.Peer{ID: hex(origin), Name: p.name, Beat: p.beat})
		}
	}
	return list
}

// Peers implements [hub.PeerBroker].
func (b *Broker) Peers() []hub.Peer { return b.peers.list() }

// watchPeers takes managers without a sign of life for dead.
func (b *Broker) watchPeers(ctx context.Context) {
	tick := time.NewTicker(b.Beat)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			names, sources := b.peers.removeSilent(now.Add(-b.DeadAfter))
			for _, name := range names {
				b.Logger.Warn("another manager gives no sign of life: the last values of its producers are stale", "manager", name)
			}
			b.tell(hub.EnvelopeLost, sources)
		}
	}
}

// tell tells the hubs of this process of sources of other managers.
func (b *Broker) tell(k hub.EnvelopeKind, sources []string) {
	var batch []hub.Envelope
	for _, s := range sources {
		batch = append(batch, hub.Envelope{Kind: k, Source: s, Received: time.Now()})
	}
	if len(batch) > 0 {
		b.deliver(batch)
	}
}
