package archive

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"time"

	"github.com/rubin-love/love-go/love"
)

const (
	chunkAge   = time.Second      // a chunk is closed when it is so old
	retryAfter = 10 * time.Second // a slab or a file that could not be written
	pruneEvery = time.Minute
	// keptEvents is how many bytes of events are kept in memory while nothing can be
	// written.
	keptEvents = 8 << 20
	// maxMessage is the largest value that is recorded.
	maxMessage = 8 << 20
	// dayJitter is how far the clock may go back behind the change of the day without
	// a file of the day before being begun.
	dayJitter = time.Hour
)

// write writes what is recorded until the archive is closed.
func (a *Archive) write() {
	tick := a.clock.NewTicker(chunkAge)
	defer tick.Stop()
	var batch []item
	for {
		select {
		case <-a.queue.woken:
			batch = a.writeAll(batch)
		case <-tick.C():
			batch = a.writeAll(batch)
			a.tick(a.clock.Now())
		case <-a.stop:
			a.writeAll(batch)
			a.closeErr = a.finish()
			return
		}
	}
}

// writeAll deals with all that waits, and returns the list for next time.
func (a *Archive) writeAll(batch []item) []item {
	batch = a.queue.take(batch)
	for i := range batch {
		it := &batch[i]
		if i%16 == 15 {
			runtime.Gosched() // those who route messages go first
		}
		if it.request != nil {
			it.request()
		} else {
			a.add(it)
		}
		if a.queue.done(len(it.Raw)) {
			a.delays.Succeeded(a.clock.Now(), "dropped_telemetry", a.dropped[0].Load(), "dropped_events", a.dropped[1].Load())
		}
	}
	clear(batch)
	a.announce()
	return batch
}

// add records one delivery.
func (a *Archive) add(it *item) {
	p, err := a.partFor(it.Received)
	if err != nil {
		a.drop(it.isTelemetry())
		return
	}
	var refused error
	p.mu.Lock()
	p.split.groups = it.groups
	err = p.split.split(it.Delivery, &p.channels, func(c *channel, m message) {
		if err := a.addMessage(p, c, m); err != nil {
			refused = err
		}
	})
	p.mu.Unlock()
	if err == nil || errors.Is(err, errNotData) {
		err = refused
	}
	if err != nil {
		a.drop(it.isTelemetry())
		a.strange.Failed(it.Received, err)
	}
	if len(p.current.bytes) >= liveChunkBytes && !a.blocked {
		_ = a.closeChunk(it.Received)
	}
	if p.held >= slabBytes {
		a.commit(it.Received)
	}
}

// addMessage adds a message of a channel, which is nil if there are too many, unless there
// is no room. The error is about a message that is never recorded.
func (a *Archive) addMessage(p *part, c *channel, m message) error {
	switch {
	case c == nil:
		return errTooManyStreams
	case len(m.data) > maxMessage:
		return tooLarge(c, m)
	case a.mustDrop(p, c.group.Category):
		a.drop(c.group.Category == love.CategoryTelemetry)
		return nil
	}
	if c.counted++; !m.numbered {
		m.sequence = c.counted
	}
	m.channel, c.last = c.id, m.sequence
	if p.held == 0 {
		p.begun = timeOf(m.logged)
	}
	n := len(p.current.bytes)
	p.current.add(m)
	p.held += len(p.current.bytes) - n
	a.recorded.Add(1)
	return nil
}

func tooLarge(c *channel, m message) error {
	return fmt.Errorf("a value of %s has %d bytes: at most %d are recorded", c.group, len(m.data), maxMessage)
}

// mustDrop reports whether there is no room for a message, while nothing can be written.
func (a *Archive) mustDrop(p *part, c love.Category) bool {
	if !a.blocked && p.held < slabBytes+2*chunkBytes {
		return false
	}
	return c == love.CategoryTelemetry || len(p.current.bytes) > keptEvents || p.held > slabBytes+keptEvents
}

// partFor returns the part for a message that was received at t.
func (a *Archive) partFor(t time.Time) (*part, error) {
	if p := a.part; p != nil {
		day := dayOf(t)
		if day == p.day || day < p.day && dayOf(t.Add(dayJitter)) >= p.day {
			if p.size < a.config.FileBytes {
				return p, nil
			}
		}
		if t.Before(a.retry) {
			return p, nil
		}
		if !a.rotate(t) {
			return p, nil
		}
	}
	day := dayOf(t)
	path, err := a.freePath(day)
	if err != nil {
		a.failed(t, err)
		return nil, err
	}
	p := newPart(path, day, a.encoders, a.config.Fields)
	a.mu.Lock()
	a.part = p
	a.mu.Unlock()
	return p, nil
}

// freePath returns the path for another file of a day.
func (a *Archive) freePath(day string) (string, error) {
	files, err := list(a.config.Dir)
	if err != nil {
		return "", err
	}
	n := 1
	for _, path := range files {
		if d, number, _ := parsePath(path); d == day {
			n = max(n, number+1)
		}
	}
	return pathOf(a.config.Dir, day, n), nil
}

// rotate ends the part, and reports whether that worked.
func (a *Archive) rotate(now time.Time) bool {
	if err := a.part.finish(); err != nil {
		a.failed(now, err)
		a.retry = now.Add(retryAfter)
		return false
	}
	a.wrote(now)
	a.closedPart()
	a.prune(now)
	return true
}

// closedPart makes a part that has been closed one of the stored files.
func (a *Archive) closedPart() {
	p := a.part
	a.mu.Lock()
	defer a.mu.Unlock()
	a.part = nil
	for _, c := range p.channels.list {
		a.last[c.group] = c.last
	}
	if p.file == nil {
		return
	}
	s, err := openStored(p.path)
	if err != nil {
		a.log.Error("a file of the archive cannot be read", "file", p.path, "error", err)
		return
	}
	s.own = true
	a.stored = append(a.stored, s)
	slices.SortFunc(a.stored, compareStored)
}

// closeChunk closes the chunk that is being filled.
func (a *Archive) closeChunk(now time.Time) error {
	if a.part == nil {
		return nil
	}
	if err := a.part.closeChunk(); err != nil {
		a.blocked = true
		a.failed(now, err)
		return fmt.Errorf("archive %s: %w", a.config.Dir, err)
	}
	if a.blocked {
		a.blocked = false
		if a.retry.IsZero() {
			a.wrote(now)
		}
	}
	return nil
}

// commit writes the slab to the file.
func (a *Archive) commit(now time.Time) {
	if now.Before(a.retry) {
		return
	}
	if err := a.part.commit(); err != nil {
		a.retry = now.Add(retryAfter)
		a.failed(now, err)
		return
	}
	a.wrote(now)
}

func (a *Archive) failed(now time.Time, err error) {
	text := err.Error()
	a.failure.Store(&text)
	a.writes.Failed(now, err)
}

func (a *Archive) wrote(now time.Time) {
	a.blocked, a.retry = false, time.Time{}
	a.failure.Store(nil)
	a.writes.Succeeded(now, "dropped_telemetry", a.dropped[0].Load(), "dropped_events", a.dropped[1].Load())
}

// tick does what is due each second.
func (a *Archive) tick(now time.Time) {
	a.age.look(now, a.log)
	if a.retry.After(now.Add(retryAfter)) {
		a.retry = time.Time{} // the clock has gone back
	}
	if p := a.part; p != nil {
		_ = a.closeChunk(now)
		age := now.Sub(p.begun)
		if p.held >= slabBytes || p.held > 0 && (age >= slabAge || age < -dayJitter) {
			a.commit(now)
		}
		if dayOf(now) > p.day && !now.Before(a.retry) {
			a.rotate(now)
		}
	}
	if since := now.Sub(a.pruned); since >= pruneEvery || since < 0 {
		a.prune(now)
	}
}

// finish closes the part when the archive is closed.
func (a *Archive) finish() error {
	if a.part == nil {
		return nil
	}
	if err := a.part.finish(); err != nil {
		return errors.Join(fmt.Errorf("closing the archive %s: %w", a.config.Dir, err), a.part.abandon())
	}
	a.closedPart()
	return nil
}
