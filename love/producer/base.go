package producer

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"sync"

	"github.com/rubin-love/love-go/love"
)

// Base is a producer of free-form objects, on which the other producers are
// built (producer spec, section 5). It polls functions periodically, sends what
// is published, keeps the newest object of each key, and sends it again on
// request.
//
// An object becomes the item of a message unchanged, so it needs the members
// csc, salindex and data if a manager is to distribute it. Only a
// [love.RawValue] can hold numbers that JSON lacks; any other value is encoded
// with encoding/json. Use [NewBase].
type Base struct {
	name    string
	csc     string // the component's name, without index
	message *Message
	cfg     config
	log     *slog.Logger

	// turn is held while an object is stored and sent, so that a reply to a
	// request never overtakes, and thus hides, newer data. It guards the fields
	// below.
	turn       sync.Mutex
	to         Sender // while running
	stored     []stored
	out        []byte
	polls      []poll
	categories map[string]love.Category
	actions    map[string]Action
}

// Poll returns a value to be sent once a period, or nil to send nothing.
type Poll func(ctx context.Context) (any, error)

// Action is called after an object has been stored and sent.
type Action func(ctx context.Context, object love.RawValue)

type poll struct {
	f      Poll
	header func(object love.RawValue) Header
}

// stored is the newest object of a key, kept encoded so that replies are cheap.
type stored struct {
	key    string
	of     origin // set only if the key comes from "data"
	header Header
	object love.RawValue
	// render, if not nil, builds the object anew before it is sent, reusing the
	// bytes of the old one.
	render func(old love.RawValue) love.RawValue
}

// origin identifies the instance that a free-form object comes from; one
// producer may serve several.
type origin struct {
	csc      string // empty if absent
	index    love.SalIndex
	hasIndex bool
}

var _ Producer = (*Base)(nil)

// NewBase makes a producer for the component csc.
func NewBase(csc string, opts ...BaseOption) *Base { return newBase(csc, csc, newConfig(opts)) }

func newBase(csc, name string, cfg config) *Base {
	message := NewMessage(csc, cfg.clock)
	message.strict = cfg.strict
	return &Base{
		name:       name,
		csc:        csc,
		message:    message,
		cfg:        cfg,
		log:        cfg.log().With("producer", name),
		categories: map[string]love.Category{},
		actions:    map[string]Action{},
	}
}

// Name implements [Producer].
func (b *Base) Name() string { return b.name }

// Subscriptions implements [Producer]. It returns "all" and the component's name.
func (b *Base) Subscriptions() []string { return []string{love.All, b.csc} }

// Message returns the builder of the producer's messages, to which metadata can
// be added.
func (b *Base) Message() *Message { return b.message }

// RegisterPeriodic calls f once a period while the producer runs and sends the
// result with the category, without storing it. If f fails, the error is logged
// and that one value is skipped.
func (b *Base) RegisterPeriodic(category love.Category, f Poll) {
	b.poll(f, func(object love.RawValue) Header { return headerOf(category, object) })
}

// poll is like RegisterPeriodic with a function that returns the header of a
// result.
func (b *Base) poll(f Poll, header func(object love.RawValue) Header) {
	b.turn.Lock()
	defer b.turn.Unlock()
	b.polls = append(b.polls, poll{f, header})
}

// RegisterCategory sets the category of the objects with the key (see
// [Base.Publish]). Default: event.
func (b *Base) RegisterCategory(key string, category love.Category) {
	b.turn.Lock()
	defer b.turn.Unlock()
	b.categories[key] = category
}

// RegisterAction calls f after each object with the key has been stored and
// sent. f may publish.
func (b *Base) RegisterAction(key string, f Action) {
	b.turn.Lock()
	defer b.turn.Unlock()
	b.actions[key] = f
}

// Publish stores an object as the newest of its key and sends it; while the
// producer is not running, it only stores it. The key is the member "name". An
// object without one has the names of the streams in "data" as its key, and the
// newest is kept for each csc and salindex so that requests can be answered. An
// object with neither has the names of its members as its key. Publish returns
// an error if the value is not an object.
func (b *Base) Publish(ctx context.Context, object any) error {
	raw, err := encode(object)
	if err != nil {
		return fmt.Errorf("publish: %w", err)
	}
	f, err := readFreeForm(raw)
	if err != nil {
		return fmt.Errorf("publish: %w", err)
	}
	key, of := f.key()
	return b.publish(ctx, stored{key: key, of: of, header: f.header(b.categoryOf(key)), object: raw})
}

func (b *Base) categoryOf(key string) love.Category {
	b.turn.Lock()
	defer b.turn.Unlock()
	if category, ok := b.categories[key]; ok {
		return category
	}
	return love.CategoryEvent
}

// publish stores s, sends it, and then calls the action of its key.
func (b *Base) publish(ctx context.Context, s stored) error {
	b.turn.Lock()
	b.store(s)
	var err error
	if b.to != nil {
		err = b.send(ctx, b.to, s.header, s.object)
	}
	action := b.actions[s.key]
	b.turn.Unlock()
	if action != nil {
		action(ctx, s.object)
	}
	return err
}

func (b *Base) store(s stored) {
	if i := b.find(s.key, s.of); i >= 0 {
		b.stored[i] = s
		return
	}
	b.stored = append(b.stored, s)
}

func (b *Base) find(key string, of origin) int {
	return slices.IndexFunc(b.stored, func(s stored) bool { return s.key == key && s.of == of })
}

// sendStored sends the stored object, rendered first if need be. The caller holds
// the turn.
func (b *Base) sendStored(ctx context.Context, to Sender, s *stored) error {
	if s.render != nil {
		s.object = s.render(s.object)
	}
	return b.send(ctx, to, s.header, s.object)
}

// send sends an object as a data message. The caller holds the turn.
func (b *Base) send(ctx context.Context, to Sender, h Header, object love.RawValue) error {
	b.out = b.message.appendData(b.out[:0], h.Category, object)
	return to.Send(ctx, Data{h, b.out})
}

// Run implements [Producer].
func (b *Base) Run(ctx context.Context, to Sender) error {
	defer b.begin(to)()
	ticker := b.cfg.clock.NewTicker(b.cfg.period)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C():
			b.pollAll(ctx)
		case <-ctx.Done():
			return nil
		}
	}
}

// begin makes to the destination of published objects until end is called.
func (b *Base) begin(to Sender) (end func()) {
	set := func(to Sender) {
		b.turn.Lock()
		defer b.turn.Unlock()
		b.to = to
	}
	set(to)
	return func() { set(nil) }
}

// pollAll calls every registered function once; one that fails does not affect
// the others.
func (b *Base) pollAll(ctx context.Context) {
	b.turn.Lock()
	polls := b.polls
	b.turn.Unlock()
	for _, p := range polls {
		if err := b.pollOne(ctx, p); err != nil && ctx.Err() == nil {
			b.log.Warn("periodic data is missing", "error", err)
		}
	}
}

func (b *Base) pollOne(ctx context.Context, p poll) error {
	var v any
	err := recoverPanic(func() (err error) {
		v, err = p.f(ctx)
		return err
	})
	if err != nil || v == nil {
		return err
	}
	object, err := encode(v)
	if err != nil {
		return err
	}
	b.turn.Lock()
	defer b.turn.Unlock()
	return b.send(ctx, b.to, p.header(object), object)
}

// InitialData implements [Producer]. It sends every stored object, in the order
// in which their keys were first stored.
func (b *Base) InitialData(ctx context.Context, to Sender) error {
	b.turn.Lock()
	defer b.turn.Unlock()
	for i := range b.stored {
		if err := b.sendStored(ctx, to, &b.stored[i]); err != nil {
			return err
		}
	}
	return nil
}

// HandleRequest implements [Producer]. It sends the newest object whose key is
// the requested stream, provided that component and index match. An object that
// does not say its component belongs to the producer's; one that does not say its
// index matches any. A request without a component matches any component, and one
// without an index is for the object of index 0 if there is one, else for those
// of all instances.
func (b *Base) HandleRequest(ctx context.Context, r Request, to Sender) error {
	b.turn.Lock()
	defer b.turn.Unlock()
	var all, exact []*stored
	for i := range b.stored {
		s := &b.stored[i]
		if s.key != r.Stream || r.CSC != "" && r.CSC != cmp.Or(s.of.csc, b.csc) {
			continue
		}
		all = append(all, s)
		if !s.of.hasIndex || s.of.index == canonical(r.SalIndex) {
			exact = append(exact, s)
		}
	}
	if len(exact) == 0 && r.SalIndex == (love.SalIndex{}) {
		exact = all
	}
	for _, s := range exact {
		if err := b.sendStored(ctx, to, s); err != nil {
			return err
		}
	}
	return nil
}

// canonical returns i with a whole number in its canonical form, so that equal
// indices compare equal.
func canonical(i love.SalIndex) love.SalIndex {
	if n, ok := whole(i); ok {
		return love.Index(n)
	}
	return i
}

func (b *Base) resend(ctx context.Context, key string, to Sender) error {
	b.turn.Lock()
	defer b.turn.Unlock()
	i := b.find(key, origin{})
	if i < 0 {
		return nil
	}
	return b.sendStored(ctx, to, &b.stored[i])
}

func encode(v any) (love.RawValue, error) {
	if raw, ok := v.(love.RawValue); ok {
		return raw, nil
	}
	raw, err := json.Marshal(v)
	return love.RawValue(raw), err
}
