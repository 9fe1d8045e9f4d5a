package lovecsc

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/rubin-love/love-go/internal/outage"
	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/sal"
)

// Component is the name of the LOVE CSC on SAL; it has no instances.
const Component = "LOVE"

// The texts with which a LOVE-commander answers an observing log
// (docs/protocol/commander.md#observing-log).
const (
	added        = "Added new observing log to SAL"
	noConnection = "LOVE CSC could not stablish connection"
)

// CSC is the LOVE CSC: a controller that only writes. It is safe for
// concurrent use.
type CSC struct {
	controller *sal.Controller
	clock      love.Clock
	log        *slog.Logger
}

var _ commander.Logbook = (*CSC)(nil)

// Option changes a default of [New].
type Option func(*CSC)

// WithLogger sets the logger for what could not be written or understood.
// Default: none.
func WithLogger(l *slog.Logger) Option { return func(c *CSC) { c.log = l } }

// New returns the LOVE CSC in a domain whose definitions have the component
// LOVE. It ends with the domain, or with [CSC.Close]. An observatory must run
// only one.
func New(ctx context.Context, domain *sal.Domain, opts ...Option) (*CSC, error) {
	controller, err := domain.Controller(ctx, Component, 0, sal.WriteOnly())
	if err != nil {
		return nil, fmt.Errorf("LOVE CSC: %w", err)
	}
	c := &CSC{controller: controller, clock: domain.Clock(), log: slog.New(slog.DiscardHandler)}
	for _, o := range opts {
		o(c)
	}
	return c, nil
}

// Close ends the CSC. It may be called again.
func (c *CSC) Close() error { return c.controller.Close() }

// heartbeatPeriod is the same for every component
// (docs/protocol/sal-kafka.md#component-states).
const heartbeatPeriod = time.Second

// Run writes the heartbeat until ctx ends, and then returns nil. If a heartbeat
// cannot be written, Run continues with the next, unless the CSC is closed: then
// it returns an error.
func (c *CSC) Run(ctx context.Context) error {
	tick := c.clock.NewTicker(heartbeatPeriod)
	defer tick.Stop()
	silent := outage.New(c.log, slog.LevelWarn, "the heartbeat of the LOVE CSC could not be written", "the heartbeat of the LOVE CSC is written again")
	for {
		_, err := c.controller.Write(ctx, "evt_heartbeat", nil, sal.Force())
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, sal.ErrClosed):
			return fmt.Errorf("LOVE CSC: %w", err)
		case err != nil:
			silent.Failed(c.clock.Now(), err)
		default:
			silent.Succeeded(c.clock.Now())
		}
		select {
		case <-tick.C():
		case <-ctx.Done():
			return nil
		}
	}
}

// WriteObservingLog implements [commander.Logbook]. It writes the event with
// the identity of the log or, if there is none, its user. A repeated text is
// written as a new event.
func (c *CSC) WriteObservingLog(ctx context.Context, l love.ObservingLog) (love.Ack, error) {
	err := c.write(ctx, l)
	if err == nil {
		return love.Ack{Text: added}, nil
	}
	if wrong, ok := errors.AsType[*sal.FieldError](err); ok {
		return love.Ack{}, commander.Refuse("%v", wrong)
	}
	notWritten, definite := errors.AsType[*sal.NotWrittenError](err)
	switch {
	case definite && notWritten.TooLarge:
		return love.Ack{}, &commander.Error{Kind: commander.Refused, Text: "The observing log is too large for the SAL bus. Nothing was written: shorten it.", Err: err}
	case definite && ctx.Err() != nil:
		return love.Ack{}, &commander.Error{
			Kind: commander.NotSent, Err: err,
			Text: "The SAL bus was not ready in time. The observing log was not written: see whether the brokers and the schema registry run.",
		}
	case !definite && !errors.Is(err, sal.ErrClosed):
		return love.Ack{}, err
	}
	c.log.Error("an observing log could not be written", "user", l.User, "error", err)
	return love.Ack{}, &commander.Error{Kind: commander.Refused, Text: noConnection, Err: err}
}

func (c *CSC) write(ctx context.Context, l love.ObservingLog) error {
	values := sal.Values{"user": l.User, "message": l.Message}
	_, err := c.controller.Write(ctx, "evt_observingLog", values, sal.Force(), sal.WriteAs(cmp.Or(l.Identity, l.User, Component)))
	return err
}

// Group returns the group to which the LOVE CSC listens. What a user with
// permission to command publishes there becomes an observing log.
func Group() love.Group {
	return love.Group{Category: love.CategoryLoveCSC, CSC: "love", SalIndex: "0", Stream: "observingLog"}
}

// Receive writes the observing logs of a message that was delivered to [Group].
// The error says what is wrong with the message, or why it could not be
// written.
func (c *CSC) Receive(ctx context.Context, raw []byte) error {
	m, err := love.ParseMessage(raw)
	if err != nil {
		return fmt.Errorf("LOVE CSC: reading an observing log: %w", err)
	}
	var errs []error
	for _, item := range m.Data {
		for _, s := range item.Streams {
			if s.Name == Group().Stream {
				errs = append(errs, c.receive(ctx, s.Value.Strict()))
			}
		}
	}
	return errors.Join(errs...)
}

func (c *CSC) receive(ctx context.Context, value json.RawMessage) error {
	l, err := love.ParseObservingLog(value)
	if err != nil {
		return fmt.Errorf("LOVE CSC: %w", err)
	}
	return c.write(ctx, l)
}
