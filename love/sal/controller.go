package sal

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/rubin-love/love-go/internal/similar"
)

// Controller implements a component: it writes the component's events and
// telemetry and executes its commands. Writing is safe for concurrent use.
type Controller struct {
	domain    *Domain
	component *Component
	index     int
	identity  string
	partial   bool
	reader    *reader // nil if write-only
	writers   map[string]*writer
	acks      *writer

	mu       sync.Mutex
	handlers map[string]Handler // by attribute name
	running  bool
	closed   bool
	cancel   context.CancelCauseFunc // ends Run
	ended    chan struct{}           // closed when Run has returned
}

// Handler executes a command. Its error determines the final acknowledgement:
// Complete and "Done" for nil, Aborted for context.Canceled, TimedOut for
// context.DeadlineExceeded, the given one for an error made by [Answer], and Failed
// with "Failed: " and the text for any other error
// (docs/protocol/sal-kafka.md#executing-commands). ctx ends with the controller.
type Handler func(ctx context.Context, command *Sample) error

// ControllerOption changes a default of [Domain.Controller].
type ControllerOption func(*controllerSettings)

type controllerSettings struct{ writeOnly, partial bool }

// WriteOnly makes a controller that answers no commands; it needs no Run.
func WriteOnly() ControllerOption { return func(s *controllerSettings) { s.writeOnly = true } }

// Partial allows commands without a handler; they fail with a text that says so.
// Default: [Controller.Run] returns an error unless every command has a handler.
func Partial() ControllerOption { return func(s *controllerSettings) { s.partial = true } }

// Controller makes the controller of a component and writes its event logLevel.
// An indexed component needs its index; a write-only controller may have index 0
// and name the instance of each sample in "salIndex". Commands that arrive from
// now on wait for [Controller.Run].
func (d *Domain) Controller(ctx context.Context, name string, index int, opts ...ControllerOption) (*Controller, error) {
	comp, err := d.component(name, index)
	if err != nil {
		return nil, err
	}
	var set controllerSettings
	for _, o := range opts {
		o(&set)
	}
	if !set.writeOnly {
		if err := comp.CheckInstance(index); err != nil {
			return nil, fmt.Errorf("controller: %w", err)
		}
	}
	c := &Controller{
		domain: d, component: comp, index: index, identity: comp.Instance(index), partial: set.partial,
		writers: map[string]*writer{}, handlers: map[string]Handler{}, ended: make(chan struct{}),
	}
	for _, t := range comp.Topics {
		switch w := (&writer{topic: t, current: emptySample(t)}); t.Kind {
		case Event, Telemetry:
			c.writers[t.Attr()] = w
		case AckCmd:
			c.acks = w
		}
	}
	if err := d.announce(ctx, comp, Event, Telemetry, AckCmd); err != nil {
		return nil, fmt.Errorf("controller of %s: %w", c.identity, err)
	}
	if !set.writeOnly {
		if err := c.readCommands(ctx); err != nil {
			return nil, fmt.Errorf("controller of %s: %w", c.identity, err)
		}
	}
	if err := d.register(c); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	if c.writers["evt_logLevel"] != nil {
		if _, err := c.Write(ctx, "evt_logLevel", Values{"level": 20}); err != nil {
			return nil, errors.Join(err, c.Close())
		}
	}
	return c, nil
}

func (c *Controller) readCommands(ctx context.Context) (err error) {
	var requests []TopicRequest
	for _, t := range c.component.Topics {
		if t.Kind == Command {
			requests = append(requests, TopicRequest{Topic: t})
		}
	}
	c.reader, err = c.domain.newReader(ctx, c.index, requests, nil)
	return err
}

// Component returns the interface that the controller implements.
func (c *Controller) Component() *Component { return c.component }

// Index returns the index of the instance.
func (c *Controller) Index() int { return c.index }

// Write changes fields of an event or telemetry topic; fields that are not given
// keep their values. Telemetry is sent each time, an event only if a value
// changed, the first time, or with [Force]. Write reports whether a sample was
// sent. Errors are [*UnknownTopicError], [*UnknownFieldError], [*FieldError],
// [ErrClosed], and those of the bus.
func (c *Controller) Write(ctx context.Context, attr string, values Values, opts ...WriteOption) (bool, error) {
	w := c.writers[attr]
	if w == nil {
		return false, &UnknownTopicError{
			Component: c.component.Name, Name: attr,
			Suggestions: similar.Names(attr, slices.Concat(c.component.attrs(Event.Prefix()), c.component.attrs(Telemetry.Prefix()))),
		}
	}
	if c.isClosed() {
		return false, fmt.Errorf("controller of %s: %w", c.identity, ErrClosed)
	}
	set := writeSettings{force: w.topic.Kind == Telemetry, identity: c.identity}
	for _, o := range opts {
		o(&set)
	}
	return w.write(ctx, c, values, set)
}

func (c *Controller) isClosed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closed
}

// Handle sets the handler of a command, named with or without prefix. Commands of
// one name are handled one after another, those of different names concurrently.
// All handlers must be set before [Controller.Run].
func (c *Controller) Handle(name string, h Handler) error {
	attr := Command.Prefix() + trimKind(name)
	if _, ok := c.component.Topic(attr); !ok {
		return &UnknownTopicError{Component: c.component.Name, Kind: Command, Name: name, Suggestions: similar.Names(attr, c.component.attrs(Command.Prefix()))}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.reader == nil:
		return fmt.Errorf("controller of %s is write-only and cannot handle %s", c.identity, attr)
	case c.running:
		return fmt.Errorf("controller of %s runs already; set the handler of %s before", c.identity, attr)
	}
	c.handlers[attr] = h
	return nil
}

// Run executes commands until ctx ends or the controller is closed, then waits for
// the handlers, whose context ends too, and returns nil. It returns the error of
// the bus if that fails. It can be called only once.
func (c *Controller) Run(ctx context.Context) error {
	ctx, err := c.begin(ctx)
	if err != nil {
		return err
	}
	defer close(c.ended)
	var workers sync.WaitGroup
	queues := map[*Topic]*commandQueue{}
	for t := range c.reader.topics {
		q := newCommandQueue()
		queues[t] = q
		workers.Go(func() { q.run(ctx, func(command *Sample) { c.execute(ctx, command) }) })
	}
	c.reader.deliver = func(t *readTopic, s *Sample) {
		if s.Number() <= 0 {
			c.domain.log.Warn("dropped a command with a number that is not positive", "component", c.identity, "command", t.topic.Attr(), "number", s.Number())
			return
		}
		queues[t.topic].waiting.Put(s)
	}
	err = c.reader.run(ctx, func() {})
	stopped := ctx.Err() != nil
	c.cancel(err)
	workers.Wait()
	if stopped {
		return nil
	}
	return fmt.Errorf("controller of %s: %w", c.identity, err)
}

// begin checks that the controller may run and marks it as running.
func (c *Controller) begin(ctx context.Context) (context.Context, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var missing []string
	for _, attr := range c.component.attrs(Command.Prefix()) {
		if c.handlers[attr] == nil {
			missing = append(missing, attr)
		}
	}
	switch {
	case c.closed:
		return nil, fmt.Errorf("controller of %s: %w", c.identity, ErrClosed)
	case c.reader == nil:
		return nil, fmt.Errorf("controller of %s is write-only and has nothing to run", c.identity)
	case c.running:
		return nil, fmt.Errorf("controller of %s runs already", c.identity)
	case len(missing) > 0 && !c.partial:
		return nil, fmt.Errorf("controller of %s has no handler for %s; set them, or make it with sal.Partial()", c.identity, strings.Join(missing, ", "))
	}
	c.running = true
	ctx, c.cancel = context.WithCancelCause(ctx)
	return ctx, nil
}

// Close ends [Controller.Run] and waits for it; later writes return [ErrClosed]. It
// may be called more than once, but not from a handler.
func (c *Controller) Close() error {
	c.mu.Lock()
	c.closed = true
	running, cancel := c.running, c.cancel
	c.mu.Unlock()
	c.domain.unregister(c)
	if running {
		cancel(ErrClosed)
		<-c.ended
		return nil
	}
	if c.reader != nil {
		return c.reader.sub.Close()
	}
	return nil
}

// Progress reports to the sender of a command that it takes about estimate longer. A
// handler that needs more than a moment should call it first.
func (c *Controller) Progress(ctx context.Context, command *Sample, estimate time.Duration) error {
	return c.Acknowledge(ctx, command, Ack{Code: InProgress, Timeout: estimate})
}

// Acknowledge writes an acknowledgement of a command. The controller writes the
// final one when the handler returns. In a result that is not UTF-8 the wrong bytes
// become U+FFFD, because the sender waits for the acknowledgement.
func (c *Controller) Acknowledge(ctx context.Context, command *Sample, a Ack) error {
	t := c.acks.topic
	place, _ := slices.BinarySearch(c.component.salNames, command.topic.SALName())
	s, err := NewSample(t, Values{
		"ack": int(a.Code), "error": a.Error, "result": strings.ToValidUTF8(a.Result, "\ufffd"), "timeout": a.Timeout.Seconds(),
		"identity": command.Identity(), "origin": command.Origin(), "cmdtype": place,
	})
	if err != nil {
		return err
	}
	c.domain.fillIn(s, c.index, c.identity, command.Number())
	return c.domain.bus.Publish(ctx, s)
}
