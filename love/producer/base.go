package producer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"strconv"
	"strings"
	"sync"

	"github.com/rubin-love/love-go/internal/outage"
	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/sal"
)

// Base is a producer of telemetry and events that do not come from SAL, on which the
// other producers are built (docs/protocol/producer.md#free-form-producers). It polls
// functions periodically, sends what is published, keeps the newest event of each
// stream, and sends it again on request. Use [NewBase] or [NewInstance].
//
// [Base.Telemetry], [Base.Event] and [Base.RegisterTelemetry] take the fields of a
// stream. [Base.Publish] and [Base.RegisterPeriodic] take whole items of messages, for
// what fields cannot express.
type Base struct {
	name      string
	csc       string // the component's name, without index
	index     love.SalIndex
	cfg       config
	err       error // what was wrong when it was made; nothing is sent then
	log       *slog.Logger
	publisher publisher

	mu         sync.Mutex // guards the fields below
	polls      []poll
	categories map[string]love.Category
	actions    map[string]Action
}

// Poll returns a value to be sent once a period, or nil to send nothing.
type Poll func(ctx context.Context) (any, error)

// Action is called after an object has been stored and sent.
type Action func(ctx context.Context, object love.RawValue)

type poll struct {
	f       Poll
	item    func(v any) (item, error)
	missing *outage.Log
}

var _ Producer = (*Base)(nil)

// NewBase makes a producer for the component csc, which has no index. A name that no
// component can have, and options that are wrong, are errors of all methods that
// publish, and of Run.
func NewBase(csc string, opts ...BaseOption) *Base { return NewInstance(csc, 0, opts...) }

// NewInstance makes a producer for one instance of a component that has several:
// viewers subscribe to telemetry-PowerRack-2-power. Index 0 is that of a component
// without instances. See [NewBase].
func NewInstance(csc string, index int, opts ...BaseOption) *Base {
	name := csc
	if index != 0 {
		name += ":" + strconv.Itoa(index)
	}
	b := newBase(csc, name, index, newConfig(opts))
	switch _, _, err := sal.ParseName(csc); {
	case index < 0 || index > math.MaxInt32:
		b.err = fmt.Errorf("producer of %s: the index of a component is from 0 to %d", name, math.MaxInt32)
	case err != nil || csc == love.All || strings.Contains(csc, ":"):
		b.err = fmt.Errorf("producer of %q: that is not the name of a component: give NewBase(%q) or NewInstance(%q, 1)", csc, "PowerRack", "PowerRack")
	}
	return b
}

func newBase(csc, name string, index int, cfg config) *Base {
	message := NewMessage(csc, cfg.clock)
	message.strict = cfg.strict
	log := cfg.log().With("producer", name)
	return &Base{
		name:       name,
		csc:        csc,
		index:      love.Index(index),
		cfg:        cfg,
		err:        cfg.check(),
		log:        log,
		publisher:  publisher{csc: csc, message: message, log: log},
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
func (b *Base) Message() *Message { return b.publisher.message }

// RegisterTelemetry calls f once a period while the producer runs and sends the fields
// that it returns as telemetry of a stream; see [Base.Telemetry]. If f fails, or its
// fields are wrong, that is logged and that one value is skipped.
func (b *Base) RegisterTelemetry(stream string, f Poll) {
	b.register(b.log.With("stream", stream), f, func(fields any) (item, error) {
		return b.item(love.CategoryTelemetry, stream, fields)
	})
}

// RegisterPeriodic calls f once a period while the producer runs and sends the item of
// a message that it returns, as [Base.Publish] takes it, with the category, without
// storing it. If f fails, or its item is wrong, that is logged and that one value is
// skipped.
func (b *Base) RegisterPeriodic(category love.Category, f Poll) {
	b.register(b.log, f, func(object any) (item, error) {
		raw, read, err := encodeItem(object)
		return item{read.header(category), raw}, err
	})
}

func (b *Base) register(log *slog.Logger, f Poll, item func(v any) (item, error)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	missing := outage.New(log, slog.LevelWarn, "periodic data is missing", "periodic data is there again")
	b.polls = append(b.polls, poll{f, item, missing})
}

// RegisterCategory sets the category of the objects with the key (see
// [Base.Publish]). Default: event.
func (b *Base) RegisterCategory(key string, category love.Category) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.categories[key] = category
}

// RegisterAction calls f after each object with the key has been stored and
// sent. f may publish.
func (b *Base) RegisterAction(key string, f Action) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.actions[key] = f
}

// registered returns the category of the objects with the key, and the action or
// nil.
func (b *Base) registered(key string) (love.Category, Action) {
	b.mu.Lock()
	defer b.mu.Unlock()
	category, ok := b.categories[key]
	if !ok {
		category = love.CategoryEvent
	}
	return category, b.actions[key]
}

// Telemetry sends a value of a telemetry stream: viewers subscribe to
// telemetry-CSC-INDEX-STREAM, and get an object of decorated fields. While there is no
// manager, the newest of each stream waits.
//
// The fields are a struct, or a pointer to one, whose tags give names and units:
//
//	type weather struct {
//		Temperature float64 `love:"temperature,deg_C"`
//		Gusts       []float64 `love:"gusts,m/s"`
//		Raining     bool // "raining", unitless
//	}
//
// or a map[string]Decorated. They are numbers, booleans, texts, lists of these, or
// pointers to one of these, nil for a value that is missing; NaN and the infinities are
// values like others. A field without a tag has the name in its json tag, or its own in
// lower camel case; one with the tag "-" is left out, and embedded structs count as
// their fields. love.Stream's Decode reads them into the same struct.
//
// The error says which field is wrong; nothing is sent then.
func (b *Base) Telemetry(ctx context.Context, stream string, fields any) error {
	it, err := b.item(love.CategoryTelemetry, stream, fields)
	if err != nil {
		return err
	}
	return b.publisher.sendOrWait(ctx, b.stored(it))
}

// Event sends an event, and stores it as the newest of its stream, for managers that
// connect and viewers that come later. Viewers subscribe to event-CSC-INDEX-STREAM, and
// get a list with one object of decorated fields. The fields are those of
// [Base.Telemetry]. While the producer does not run yet, the newest event of each
// stream waits.
func (b *Base) Event(ctx context.Context, stream string, fields any) error {
	it, err := b.item(love.CategoryEvent, stream, fields)
	if err != nil {
		return err
	}
	return b.publish(ctx, b.stored(it))
}

func (b *Base) stored(it item) stored {
	return stored{item: it, key: it.header.Streams[0], of: origin{csc: b.csc, index: b.index, hasIndex: true}}
}

// item returns the item with the fields of a stream.
func (b *Base) item(category love.Category, stream string, fields any) (item, error) {
	if b.err != nil {
		return item{}, b.err
	}
	err := checkName(stream)
	if stream == love.All {
		err = errors.New("that name stands for all streams of a component")
	}
	if err != nil {
		return item{}, fmt.Errorf("stream %q of %s: %w", stream, b.name, err)
	}
	object := love.AppendText(append(make([]byte, 0, 512), `{"csc":`...), b.csc)
	object = append(append(object, `,"salindex":`...), b.index.String()...)
	object = append(love.AppendText(append(object, `,"data":{`...), stream), ':')
	if category == love.CategoryEvent {
		object = append(object, '[')
	}
	if object, err = appendFields(object, fields); err != nil {
		return item{}, fmt.Errorf("%s %s of %s: %w", category, stream, b.name, err)
	}
	if category == love.CategoryEvent {
		object = append(object, ']')
	}
	header := Header{
		Category: category, CSC: b.csc, SalIndex: b.index, Streams: []string{stream},
		Replaceable: category == love.CategoryTelemetry,
	}
	return item{header, append(object, "}}"...)}, nil
}

// Publish stores an object as the newest of its key and sends it, as it is, as the item
// of a message: {"csc": …, "salindex": …, "data": {STREAM: VALUE}}, with further members
// if wanted. It is for what [Base.Telemetry] and [Base.Event] cannot express. The
// object is a [love.RawValue], or what encoding/json makes an object of; NaN and the
// infinities are sent as bare tokens. While the producer does not run yet, the newest
// object of each key waits.
//
// The key is the member "name"; an object without one has the names of its streams as
// its key, and the newest is kept for each csc and salindex. The category is event, or
// that of [Base.RegisterCategory].
//
// The error says what the object lacks for a manager to distribute it, or that a text
// in it is not UTF-8; nothing is sent then.
func (b *Base) Publish(ctx context.Context, object any) error {
	if b.err != nil {
		return b.err
	}
	raw, f, err := encodeItem(object)
	if err != nil {
		return fmt.Errorf("publish: %w", err)
	}
	key, of := f.key()
	category, _ := b.registered(key)
	return b.publish(ctx, stored{item: item{f.header(category), raw}, key: key, of: of})
}

// publish stores and sends an object, and calls the action of its key.
func (b *Base) publish(ctx context.Context, s stored) error {
	_, action := b.registered(s.key)
	err := b.publisher.publish(ctx, s)
	if action != nil {
		action(ctx, s.object)
	}
	return err
}

// Run implements [Producer].
func (b *Base) Run(ctx context.Context, to Sender) error {
	stop, err := b.start(ctx, to)
	if err != nil {
		return err
	}
	defer stop()
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

// start makes to the destination of what is published until stop is called.
func (b *Base) start(ctx context.Context, to Sender) (stop func(), err error) {
	if b.err != nil {
		return nil, b.err
	}
	if isNil(to) {
		return nil, fmt.Errorf("producer of %s: Run needs a Sender, such as a Client", b.name)
	}
	b.publisher.start(ctx, to)
	return b.publisher.stop, nil
}

// pollAll calls every registered function once; one that fails does not affect
// the others.
func (b *Base) pollAll(ctx context.Context) {
	b.mu.Lock()
	polls := b.polls
	b.mu.Unlock()
	for _, p := range polls {
		switch err := b.pollOne(ctx, p); {
		case err == nil:
			p.missing.Succeeded(b.cfg.clock.Now())
		case ctx.Err() == nil:
			p.missing.Failed(b.cfg.clock.Now(), err)
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
	it, err := p.item(v)
	if err != nil {
		return err
	}
	return b.publisher.send(ctx, it)
}

// InitialData implements [Producer]. It sends every stored object, in the order
// in which their keys were first stored.
func (b *Base) InitialData(ctx context.Context, to Sender) error {
	return b.publisher.replyAll(ctx, to)
}

// HandleRequest implements [Producer]. It sends the newest object whose key is
// the requested stream, provided that component and index match; an object with a
// "name" matches any index. A request without a component matches any component, and one
// without an index is for the object of index 0 if there is one, else for those
// of all instances.
func (b *Base) HandleRequest(ctx context.Context, r Request, to Sender) error {
	return b.publisher.answer(ctx, to, r)
}
