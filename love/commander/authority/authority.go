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

// The errors of an [Authority] that a caller can distinguish.
var (
	// ErrHeld reports that somebody else holds this authority or one that
	// overlaps with it.
	ErrHeld = errors.New("held by somebody else")
	// ErrNotYours reports that the user is neither the holder of an authority
	// nor an administrator, or tried to approve a command of their own.
	ErrNotYours = errors.New("not yours to decide")
	// ErrHoldTime reports a duration for which authority cannot be taken.
	ErrHoldTime = errors.New("authority cannot be taken for so long")
	// ErrTooManyHolds reports that the limit of holds is reached.
	ErrTooManyHolds = errors.New("too many authorities are held at once")
	// ErrNotFound reports that there is no such hold or waiting command, or that
	// it has ended.
	ErrNotFound = errors.New("no such authority or approval, or its time is over")
)

// Authority is a [commander.Commander] that decides whether another one gets a
// command. While a user holds the authority over a [love.CommandPattern], the
// matching commands of others are [commander.Forbidden]. Commands that match
// [WithApproval] are [commander.Awaiting] and wait until a second person approves, at
// any manager with the same [Store]. It is safe for concurrent use; [Authority.Run]
// notices what expires and what other managers change.
type Authority struct {
	inner           commander.Commander
	store           Store
	recorder        Recorder
	approval        []love.CommandPattern
	mayStill        func(context.Context, commander.Call) error
	approvalTimeout time.Duration
	maxHold         time.Duration
	clock           love.Clock
	ids             timeid.Generator
	watchers        watch.List[struct{}]
	changed         chan struct{}
	updating        sync.Mutex // held while the watchers are notified, so that their calls do not overlap

	mu    sync.Mutex
	known []expiry // the state that the watchers know
}

var (
	_ commander.Commander = (*Authority)(nil)
	_ commander.Checker   = (*Authority)(nil)
)

// expiry is the end of a hold or of a waiting command.
type expiry struct {
	id    string
	until time.Time
}

// Recorder records commands that an authority refuses or makes wait; a
// *record.Recorder is one.
type Recorder interface {
	// Refuse records a command that was not sent, and the reason. If the call
	// has the ID of a command that has waited, its entry is changed.
	Refuse(ctx context.Context, c commander.Call, why error)
	// Await records a command that waits for approval, with the text for its
	// caller, and returns its ID. An error means that it must not wait.
	Await(ctx context.Context, c commander.Call, text string) (id string, err error)
}

// Option changes a default of [New].
type Option func(*Authority)

// WithStore sets where the holds, and the commands that wait, are kept. Default: [NewMemory].
func WithStore(s Store) Option { return func(a *Authority) { a.store = s } }

// WithRecorder sets what records the commands that are refused or wait. Default:
// they are not recorded.
func WithRecorder(r Recorder) Option { return func(a *Authority) { a.recorder = r } }

// WithApproval demands a second person's approval for the commands that the
// patterns select. Default: for none.
func WithApproval(patterns ...love.CommandPattern) Option {
	return func(a *Authority) { a.approval = patterns }
}

// WithApprovalTimeout sets how long a command waits for approval. Default:
// 5 minutes.
func WithApprovalTimeout(d time.Duration) Option { return func(a *Authority) { a.approvalTimeout = d } }

// WithGiverCheck sets what is asked before a command that has waited is executed:
// whether its giver may still give it. An error that is a [commander.Error] of the
// kind [commander.Forbidden] refuses the command; after any other it continues to
// wait. Default: nothing is asked.
func WithGiverCheck(mayStill func(ctx context.Context, c commander.Call) error) Option {
	return func(a *Authority) { a.mayStill = mayStill }
}

// WithMaxHold sets the longest time for which authority can be taken. Default:
// 12 h, a night.
func WithMaxHold(d time.Duration) Option { return func(a *Authority) { a.maxHold = d } }

// WithClock sets the clock. Default: the system's.
func WithClock(c love.Clock) Option { return func(a *Authority) { a.clock = c } }

// New returns an authority over the commands to inner.
func New(inner commander.Commander, opts ...Option) *Authority {
	a := &Authority{
		inner: inner, store: NewMemory(), recorder: noRecorder{}, approvalTimeout: 5 * time.Minute, maxHold: 12 * time.Hour,
		clock: love.SystemClock{}, changed: make(chan struct{}, 1),
		mayStill: func(context.Context, commander.Call) error { return nil },
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

// Execute implements [commander.Commander]. A command that somebody else's hold
// excludes is [commander.Forbidden]. One that needs approval is
// [commander.Awaiting], and is executed by [Authority.Approve].
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

// Check implements [commander.Checker]: a command that would be refused or would
// wait is answered accordingly; the wrapped commander checks all others.
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

// judge reports whether a command needs approval, or returns why it is refused.
// A request that is not a command is refused if there are holds or patterns to
// compare it with.
func (a *Authority) judge(c commander.Call) (needsApproval bool, _ error) {
	held, err := a.Holds()
	switch {
	case err != nil:
		return false, unknownHolds(err)
	case len(held) == 0 && len(a.approval) == 0:
		return false, nil
	case c.Name == "":
		_, incomplete := love.ParseCommand(c.Posted)
		return false, commander.Refuse("While authority is held or approval is needed, only complete commands are sent: %v", incomplete)
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

// retryAfter is how long a client should wait before it repeats a command that
// was not sent.
const retryAfter = time.Second

func unknownHolds(err error) error {
	return &commander.Error{
		Kind: commander.Busy, RetryAfter: retryAfter, Err: err,
		Text: "The command was not sent, because it cannot be known at the moment who holds authority over it. Try again; if it lasts, the manager's database needs attention.",
	}
}

// update drops what has expired, records it as refused, and notifies the
// watchers and Run if anything has changed. known is false if the store could
// not be read or changed.
func (a *Authority) update() (known bool) {
	dropped := a.dropExpired(context.Background())
	held, err := a.Holds()
	waiting, unread := a.Waiting()
	if dropped != nil || err != nil || unread != nil {
		return false
	}
	a.mu.Lock()
	now := expiries(held, waiting)
	changed := !slices.Equal(now, a.known)
	a.known = now
	a.mu.Unlock()
	if changed {
		a.updating.Lock()
		a.watchers.Notify(struct{}{})
		a.updating.Unlock()
		a.wake()
	}
	return true
}

func expiries(held []love.Hold, waiting []love.WaitingCommand) (all []expiry) {
	for _, h := range held {
		all = append(all, expiry{h.ID, h.Until})
	}
	for _, w := range waiting {
		all = append(all, expiry{w.ID, w.Until})
	}
	return all
}

// wake makes Run check for changes.
func (a *Authority) wake() {
	select {
	case a.changed <- struct{}{}:
	default: // Run is about to check
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

// noRecorder records nothing.
type noRecorder struct{}

func (noRecorder) Refuse(context.Context, commander.Call, error) {}

func (noRecorder) Await(context.Context, commander.Call, string) (string, error) { return "", nil }
