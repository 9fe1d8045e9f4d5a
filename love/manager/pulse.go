package manager

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/commander"
)

// The period is that of the manager's heartbeat in the protocol (section 2.7);
// the time-out is shorter, so that one question ends before the next.
const (
	pulsePeriod  = 3 * time.Second
	pulseTimeout = 2 * time.Second
)

// Pulse polls a commander's heartbeat every 3 s with a timeout of 2 s (manager
// protocol, section 2.7, quirk 18), so that a hanging commander delays nobody.
// Create it before the hub, let the function of hub.WithHeartbeats return what
// [Pulse.Last] knows, add [Pulse.Check] to Config.Dependencies, and call
// [Pulse.Run]. Before the first answer Last reports false and Check an error.
type Pulse struct {
	source commander.Heartbeater
	clock  love.Clock

	mu   sync.Mutex
	last time.Time
	err  error
}

var errNoPulse = errors.New("the commander has not been asked yet")

// NewPulse makes a pulse, which does nothing until [Pulse.Run] is called. The
// clock sets the period; the timeout is the machine's.
func NewPulse(source commander.Heartbeater, clock love.Clock) *Pulse {
	return &Pulse{source: source, clock: clock, err: errNoPulse}
}

// Run asks at once and then every 3 s, until ctx ends; it returns ctx's error.
func (p *Pulse) Run(ctx context.Context) error {
	tick := p.clock.NewTicker(pulsePeriod)
	defer tick.Stop()
	for {
		p.ask(ctx)
		select {
		case <-tick.C():
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (p *Pulse) ask(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, pulseTimeout)
	defer cancel()
	t, err := p.source.Heartbeat(ctx)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err = err; err == nil {
		p.last = t
	}
}

// Last is the newest heartbeat of the commander; ok is false before the first
// one. It stays the same when the commander stops answering, and the
// LOVE-frontend raises its alarm because it does not change.
func (p *Pulse) Last() (t time.Time, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.last, !p.last.IsZero()
}

// Check returns nil, or why the commander's last answer is missing.
func (p *Pulse) Check(context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err != nil {
		return fmt.Errorf("no heartbeat: %w", p.err)
	}
	return nil
}
