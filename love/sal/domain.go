package sal

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"slices"
	"sync"

	"github.com/rubin-love/love-go/internal/owner"
	"github.com/rubin-love/love-go/love"
)

// Domain connects a program to a bus: it makes remotes and controllers. One per
// process is enough. It is safe for concurrent use.
type Domain struct {
	bus      Bus
	defs     *Definitions
	clock    love.Clock
	log      *slog.Logger
	identity string
	origin   int

	mu      sync.Mutex
	closed  bool
	open    []io.Closer
	numbers map[*Topic]int // the next sequence number of each command
}

// DomainOption changes a default of [NewDomain].
type DomainOption func(*Domain)

// WithClock sets the source of time. Default: the machine's clock.
func WithClock(c love.Clock) DomainOption { return func(d *Domain) { d.clock = c } }

// WithLogger sets the logger of dropped samples, failing handlers and the like.
// Default: nothing is logged.
func WithLogger(l *slog.Logger) DomainOption { return func(d *Domain) { d.log = l } }

// WithIdentity sets the identity of the sender of commands without [As]. Default: the
// owner of the process at this machine, user@host.
func WithIdentity(identity string) DomainOption { return func(d *Domain) { d.identity = identity } }

// WithOrigin sets the number that distinguishes this process from others. Domains in
// one process that send commands under the same identity need different ones.
// Default: the process id.
func WithOrigin(origin int) DomainOption { return func(d *Domain) { d.origin = origin } }

// NewDomain makes a domain over a bus. Close it when done; the bus stays open.
func NewDomain(bus Bus, defs *Definitions, opts ...DomainOption) *Domain {
	d := &Domain{
		bus: bus, defs: defs, clock: love.SystemClock{}, log: slog.New(slog.DiscardHandler),
		origin: os.Getpid(), numbers: map[*Topic]int{},
	}
	for _, o := range opts {
		o(d)
	}
	if d.identity == "" {
		d.identity = owner.AtHost(os.LookupEnv)
	}
	return d
}

// Definitions returns the definitions that the domain was made with.
func (d *Domain) Definitions() *Definitions { return d.defs }

// Clock returns the clock that the domain was made with.
func (d *Domain) Clock() love.Clock { return d.clock }

// Close closes all remotes and controllers and waits for them. It may be called
// more than once.
func (d *Domain) Close() error {
	d.mu.Lock()
	d.closed = true
	open := slices.Clone(d.open)
	d.mu.Unlock()
	var errs []error
	for _, c := range slices.Backward(open) {
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}

// component finds a component and checks that it can have the index.
func (d *Domain) component(name string, index int) (*Component, error) {
	c, err := d.defs.Component(name)
	if err != nil {
		return nil, err
	}
	return c, c.CheckIndex(index)
}

func (d *Domain) register(c io.Closer) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return fmt.Errorf("domain: %w", ErrClosed)
	}
	d.open = append(d.open, c)
	return nil
}

func (d *Domain) unregister(c io.Closer) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.open = slices.DeleteFunc(d.open, func(o io.Closer) bool { return o == c })
}

// commandNumber returns the sequence number of the next command of a topic. Each
// command of a component has its own part of the range, because all commands share
// one topic of acknowledgements (docs/protocol/sal-kafka.md#sending-commands).
func (d *Domain) commandNumber(c *Component, t *Topic) int {
	span := maxIndex / len(c.commands)
	place, _ := slices.BinarySearch(c.commands, t.SALName())
	first := place*span + 1
	d.mu.Lock()
	defer d.mu.Unlock()
	n, ok := d.numbers[t]
	switch {
	case !ok:
		n = first + rand.IntN(span)
	case n >= first+span:
		n = first
	}
	d.numbers[t] = n + 1
	return n
}
