package manager

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/rubin-love/love-go/internal/outage"
	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/commander"
)

// The period is that of the manager's heartbeat in the protocol
// (docs/protocol/manager.md#heartbeats); the timeout is shorter, so that polls do
// not overlap.
const (
	heartbeatPeriod  = 3 * time.Second
	heartbeatTimeout = 2 * time.Second
)

// HeartbeatPoller polls a commander's heartbeat every 3 s with a timeout of 2 s
// (docs/protocol/manager.md#heartbeats), so that a hanging commander delays nobody.
// Create it before the hub, let the function of hub.WithHeartbeats return
// [HeartbeatPoller.Last], add [HeartbeatPoller.Check] to Config.Dependencies, and
// call [HeartbeatPoller.Run]. Before the first answer Last reports false, and Check
// returns an error.
type HeartbeatPoller struct {
	source commander.Heartbeater
	clock  love.Clock
	log    *slog.Logger
	away   *outage.Log

	mu   sync.Mutex
	last time.Time
	err  error
}

var errNotAsked = errors.New("the commander has not been asked yet")

// HeartbeatOption changes a default of [NewHeartbeatPoller].
type HeartbeatOption func(*HeartbeatPoller)

// WithHeartbeatLogger sets the logger of when the commander answers for the first time,
// when it stops answering and when it answers again. Default: none.
func WithHeartbeatLogger(l *slog.Logger) HeartbeatOption {
	return func(p *HeartbeatPoller) {
		p.log = l
		p.away = outage.New(l, slog.LevelWarn, "the commander gives no heartbeat", "the commander gives heartbeats again")
	}
}

// NewHeartbeatPoller returns a poller, which does nothing until
// [HeartbeatPoller.Run] is called. The clock sets the period; the timeout is in real
// time.
func NewHeartbeatPoller(source commander.Heartbeater, clock love.Clock, opts ...HeartbeatOption) *HeartbeatPoller {
	p := &HeartbeatPoller{source: source, clock: clock, err: errNotAsked}
	WithHeartbeatLogger(slog.New(slog.DiscardHandler))(p)
	for _, o := range opts {
		o(p)
	}
	return p
}

// Run polls at once and then every 3 s, until ctx ends; it returns ctx's error.
func (p *HeartbeatPoller) Run(ctx context.Context) error {
	tick := p.clock.NewTicker(heartbeatPeriod)
	defer tick.Stop()
	for {
		p.poll(ctx)
		select {
		case <-tick.C():
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (p *HeartbeatPoller) poll(ctx context.Context) {
	asking, cancel := context.WithTimeout(ctx, heartbeatTimeout)
	defer cancel()
	t, err := p.source.Heartbeat(asking)
	switch {
	case err == nil:
		p.away.Succeeded(p.clock.Now())
	case ctx.Err() == nil:
		p.away.Failed(p.clock.Now(), err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if err == nil && p.err == errNotAsked { // after failures, away reports it
		p.log.Info("the commander gives heartbeats")
	}
	if p.err = err; err == nil {
		p.last = t
	}
}

// Last returns the newest heartbeat of the commander; ok is false before the first
// one. It stays the same when the commander stops answering: that is why the
// LOVE-frontend raises its alarm.
func (p *HeartbeatPoller) Last() (t time.Time, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.last, !p.last.IsZero()
}

// Check returns nil, or why the last poll failed.
func (p *HeartbeatPoller) Check(context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err != nil {
		return fmt.Errorf("no heartbeat: %w", p.err)
	}
	return nil
}
