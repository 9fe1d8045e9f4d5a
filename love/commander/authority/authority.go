package authority

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/rubin-love/love-go/internal/timeid"
	"github.com/rubin-love/love-go/internal/watch"
	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/commander"
)

// The errors of an [Authority] that a caller can tell apart.
var (
	// ErrHeld reports that somebody else holds this authority, or one that
	// overlaps with it.
	ErrHeld = errors.New("held by somebody else")
	// ErrNotYours reports that the user is neither the holder of an authority
	// nor an administrator, or would approve a command of their own.
	ErrNotYours = errors.New("not yours to decide")
	// ErrHoldTime reports a time for which authority cannot be taken.
	ErrHoldTime = errors.New("authority cannot be taken for so long")
	// ErrTooManyHolds reports that no more authorities can be held at once.
	ErrTooManyHolds = errors.New("too many authorities are held at once")
	// ErrNotFound reports that there is no such authority or waiting command, or
	// no longer.
	ErrNotFound = errors.New("no such authority or approval, or its time is over")
)

// Authority is a [commander.Commander] that guards another. While a user holds
// the authority over a [love.CommandPattern], those of others are
// [commander.Forbidden]. Commands that match [WithApproval] are
// [commander.Awaiting] and wait, in this process only, until a second person
// approves. It is safe for concurrent use; [Authority.Run] notices what expires
// and what other managers change.
type Authority struct {
	inner           commander.Commander
	store           Store
	recorder        Recorder
	approval        []love.CommandPattern
	approvalTimeout time.Duration
	longest         time.Duration
	clock           love.Clock
	ids             timeid.Generator
	watchers        watch.List[struct{}]
	changed         chan struct{}
	updating        sync.Mutex // held while the watchers are notified: one call at a time

	mu       sync.Mutex
	waiting  []waitingCall
	reserved int           // places for commands that are about to wait
	expired  []waitingCall // still to be recorded as refused
	known    []term        // the state that the watchers know
}

var (
	_ commander.Commander = (*Authority)(nil)
	_ commander.Checker   = (*Authority)(nil)
)

// term is a hold or a waiting command, and when it ends.
type term struct {
	id    string
	until time.Time
}

// Recorder records commands that an authority refuses or makes wait; a
// *record.Recorder is one.
type Recorder interface {
	// Refuse records a command that was not sent, and why. If the call has the
	// ID of a command that has waited, it is the end of that.
	Refuse(ctx context.Context, c commander.Call, why error)
	// Await records a command that waits for approval, with the text that its
	// caller gets, and returns its ID. An error means that it must not wait.
	Await(ctx context.Context, c commander.Call, text string) (id string, err error)
}

// Option changes a default of [New].
type Option func(*Authority)

// WithStore sets where it is kept who holds authority. Default: [NewMemory].
func WithStore(s Store) Option { return func(a *Authority) { a.store = s } }

// WithRecorder sets who records the commands that are refused or have to wait.
// Default: nobody.
func WithRecorder(r Recorder) Option { return func(a *Authority) { a.recorder = r } }

// WithApproval demands a second person's approval for the commands that the
// patterns select. Default: for none.
func WithApproval(patterns ...love.CommandPattern) Option {
	return func(a *Authority) { a.approval = patterns }
}

// WithApprovalTimeout sets how long a command waits for approval. Default:
// 5 minutes.
func WithApprovalTimeout(d time.Duration) Option { return func(a *Authority) { a.approvalTimeout = d } }

// WithLongestHold bounds the time for which authority can be taken. Default:
// 12 h, a night.
func WithLongestHold(d time.Duration) Option { return func(a *Authority) { a.longest = d } }

// WithClock sets the clock. Default: that of the system.
func WithClock(c love.Clock) Option { return func(a *Authority) { a.clock = c } }

// New returns an authority over the commands to inner.
func New(inner commander.Commander, opts ...Option) *Authority {
	a := &Authority{
		inner: inner, store: NewMemory(), recorder: nobody{}, approvalTimeout: 5 * time.Minute, longest: 12 * time.Hour,
		clock: love.SystemClock{}, changed: make(chan struct{}, 1),
	}
	for _, o := range opts {
		o(a)
	}
	return a
}

// Watch calls f after the result of [Authority.Holds] or [Authority.Waiting] has
// changed, until cancel is called. f must not block. Changes by other processes,
// and what expires, are noticed while [Authority.Run] runs.
func (a *Authority) Watch(f func()) (cancel func()) {
	return a.watchers.Add(func(struct{}) { f() })
}

// Execute implements [commander.Commander]. A command that somebody else's
// authority excludes is [commander.Forbidden]. One that needs approval is
// [commander.Awaiting], and executed by [Authority.Approve].
func (a *Authority) Execute(ctx context.Context, c commander.Call) (love.Ack, error) {
	needsApproval, err := a.judge(c)
	switch {
	case err != nil:
		a.recorder.Refuse(ctx, c, err)
		return love.Ack{}, err
	case needsApproval:
		return love.Ack{}, a.await(ctx, c)
	}
	return a.inner.Execute(ctx, c)
}

// Check implements [commander.Checker]: a command that would be refused, or
// would have to wait, is answered accordingly; the wrapped commander checks all
// others.
func (a *Authority) Check(ctx context.Context, c commander.Call) (love.Ack, error) {
	needsApproval, err := a.judge(c)
	switch {
	case err != nil:
		return love.Ack{}, err
	case needsApproval:
		return love.Ack{}, &commander.Error{Kind: commander.Awaiting, Text: "The command would wait for a second person's approval."}
	}
	return commander.Check(ctx, a.inner, c)
}

// judge tells whether a command needs approval, or returns why it is refused. If
// there is anything to compare with, what is not a command is refused.
func (a *Authority) judge(c commander.Call) (needsApproval bool, _ error) {
	held, err := a.Holds()
	switch {
	case err != nil:
		return false, unknownHolds(err)
	case len(held) == 0 && len(a.approval) == 0:
		return false, nil
	case c.Name == "":
		return false, commander.Refuse("While authority is held or approval is needed, only complete commands are sent.")
	}
	for _, h := range held {
		if h.User != c.User && h.Pattern.Matches(c.Command) {
			return false, &commander.Error{Kind: commander.Forbidden, Text: fmt.Sprintf(
				"%s holds the authority over %s until %s. Nothing was sent: ask %s, or an administrator, to release it.",
				h.User, h.Pattern, clockTime(h.Until), h.User)}
		}
	}
	return slices.ContainsFunc(a.approval, func(p love.CommandPattern) bool { return p.Matches(c.Command) }), nil
}

// retryAfter is the wait before a command that was not sent is tried again.
const retryAfter = time.Second

func unknownHolds(err error) error {
	return &commander.Error{
		Kind: commander.Busy, RetryAfter: retryAfter, Err: err,
		Text: "The command was not sent, because it cannot be known at the moment who holds authority over it. Try again; if it lasts, the manager's database needs attention.",
	}
}

// update drops what has expired, records it as refused, and notifies the
// watchers and Run if anything has changed. known is false if the holds could
// not be read.
func (a *Authority) update() (known bool) {
	held, err := a.Holds()
	if err != nil {
		return false
	}
	a.mu.Lock()
	a.expire(a.clock.Now())
	now := terms(held, a.waiting)
	changed := !slices.Equal(now, a.known)
	a.known = now
	expired := a.expired
	a.expired = nil
	a.mu.Unlock()
	for _, w := range expired {
		a.recorder.Refuse(context.Background(), w.call, &commander.Error{Kind: commander.Forbidden, Text: "Nobody approved the command in time."})
	}
	if changed {
		a.updating.Lock()
		a.watchers.Notify(struct{}{})
		a.updating.Unlock()
		a.wake()
	}
	return true
}

func terms(held []love.Hold, waiting []waitingCall) (all []term) {
	for _, h := range held {
		all = append(all, term{h.ID, h.Until})
	}
	for _, w := range waiting {
		all = append(all, term{w.ID, w.Until})
	}
	return all
}

// wake makes Run look for changes.
func (a *Authority) wake() {
	select {
	case a.changed <- struct{}{}:
	default: // Run is about to look
	}
}

// Run notifies the watchers of what other processes change and what expires,
// until ctx ends; it returns ctx's error.
func (a *Authority) Run(ctx context.Context) error {
	defer a.store.Watch(a.wake)()
	for {
		wait := time.Second // until the holds can be read again
		if a.update() {
			wait = a.untilNextEnd()
		}
		timer := a.clock.NewTimer(wait)
		select {
		case <-timer.C():
		case <-a.changed:
			timer.Stop()
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
	}
}

// untilNextEnd returns the time until the next hold or waiting command ends, at
// most an hour.
func (a *Authority) untilNextEnd() time.Duration {
	const most = time.Hour // arbitrary: a change wakes Run
	now := a.clock.Now()
	next := now.Add(most)
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, t := range a.known {
		if t.until.Before(next) {
			next = t.until
		}
	}
	return next.Sub(now)
}

// nobody is a Recorder that records nothing.
type nobody struct{}

func (nobody) Refuse(context.Context, commander.Call, error) {}

func (nobody) Await(context.Context, commander.Call, string) (string, error) { return "", nil }
