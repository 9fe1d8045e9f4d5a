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

// The commander is asked as often as the manager's heartbeat is sent, and has
// less time than that to answer (manager protocol, section 2.7 and quirk 18).
const (
	pulsePeriod  = 3 * time.Second
	pulseTimeout = 2 * time.Second
)

// Pulse asks a commander for its heartbeat in a task of its own, so that a
// commander that hangs delays nobody. Make one before the hub, whose
// WithHeartbeats takes what [Pulse.Last] knows; [Pulse.Check] fits a
// [Dependency].
type Pulse struct {
	source commander.Heartbeater
	clock  love.Clock

	mu   sync.Mutex
	last time.Time
	err  error
}

var errNoPulse = errors.New("the commander has not been asked yet")

// NewPulse makes a pulse; [Pulse.Run] takes it.
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
// one. It stays when the commander stops answering: that the value does not
// change is what raises the alarm.
func (p *Pulse) Last() (t time.Time, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.last, !p.last.IsZero()
}

// Check returns why the commander's last answer is missing, or nil.
func (p *Pulse) Check(context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err != nil {
		return fmt.Errorf("no heartbeat: %w", p.err)
	}
	return nil
}
