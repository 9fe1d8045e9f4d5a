package producer

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"unicode/utf8"

	"github.com/rubin-love/love-go/internal/outage"
	"github.com/rubin-love/love-go/internal/wire"
	"github.com/rubin-love/love-go/love"
)

// Base is a producer of free-form objects, on which the other producers are built
// (docs/protocol/producer.md#free-form-producers). It polls functions periodically,
// sends what is published, keeps the newest object of each key, and sends it again
// on request.
//
// An object becomes the item of a message unchanged, so it needs the members
// csc, salindex and data if a manager is to distribute it. Only a
// [love.RawValue] can hold numbers that JSON lacks; any other value is encoded
// with encoding/json. Use [NewBase].
type Base struct {
	name      string
	csc       string // the component's name, without index
	cfg       config
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
	category love.Category
	f        Poll
	missing  *outage.Log
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
		cfg:        cfg,
		log:        cfg.log().With("producer", name),
		publisher:  publisher{csc: csc, message: message},
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

// RegisterPeriodic calls f once a period while the producer runs and sends the
// result with the category, without storing it. If f fails, the error is logged
// and that one value is skipped.
func (b *Base) RegisterPeriodic(category love.Category, f Poll) {
	b.mu.Lock()
	defer b.mu.Unlock()
	missing := outage.New(b.log, slog.LevelWarn, "periodic data is missing", "periodic data is there again")
	b.polls = append(b.polls, poll{category, f, missing})
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

// Publish stores an object as the newest of its key and sends it; while the
// producer is not running, it only stores it. The key is the member "name". An
// object without one has the names of the streams in "data" as its key, and the
// newest is kept for each csc and salindex so that requests can be answered. An
// object with neither has the names of its members as its key. Publish returns
// an error if the value is not an object, or a text in it is not UTF-8.
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
	category, action := b.registered(key)
	err = b.publisher.publish(ctx, stored{item: item{f.header(category), raw}, key: key, of: of})
	if action != nil {
		action(ctx, raw)
	}
	return err
}

// Run implements [Producer].
func (b *Base) Run(ctx context.Context, to Sender) error {
	defer b.publisher.start(to)()
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
	object, err := encode(v)
	if err != nil {
		return err
	}
	return b.publisher.send(ctx, item{headerOf(p.category, object), object})
}

// InitialData implements [Producer]. It sends every stored object, in the order
// in which their keys were first stored.
func (b *Base) InitialData(ctx context.Context, to Sender) error {
	return b.publisher.replyAll(ctx, to)
}

// HandleRequest implements [Producer]. It sends the newest object whose key is
// the requested stream, provided that component and index match. An object that
// does not say its component belongs to the producer's; one that does not say its
// index matches any. A request without a component matches any component, and one
// without an index is for the object of index 0 if there is one, else for those
// of all instances.
func (b *Base) HandleRequest(ctx context.Context, r Request, to Sender) error {
	return b.publisher.answer(ctx, to, r)
}

func encode(v any) (love.RawValue, error) {
	if raw, ok := v.(love.RawValue); ok {
		if !utf8.Valid(raw) {
			return nil, errNotUTF8
		}
		return raw, nil
	}
	raw, err := wire.Marshal(v)
	return love.RawValue(raw), err
}
