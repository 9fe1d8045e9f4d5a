package record

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/rubin-love/love-go/internal/timeid"
	"github.com/rubin-love/love-go/internal/watch"
	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/commander"
)

// Recorder is a [commander.Commander] that records the commands for another one
// in a [Store]: an entry before each is sent, and then its outcome. A command
// that cannot be recorded is refused, not sent. It is safe for concurrent use.
type Recorder struct {
	inner          commander.Commander
	store          Store
	manager        string
	late           time.Duration // how much longer than its caller it waits
	sendUnrecorded bool
	clock          love.Clock
	log            *slog.Logger
	status         func(error) int
	ids            timeid.Generator
	watchers       watch.List[love.CommandEntry]
	outcomes       *outcomeWriter

	underWay  sync.WaitGroup
	ending    context.Context // ends what is under way
	end       context.CancelFunc
	abandoned context.Context // ends the wait for commanders that ignore the end of their context
	abandon   context.CancelFunc
	mu        sync.Mutex
	closed    bool                         // guards underWay.Add
	awaiting  map[string]love.CommandEntry // commands that wait for approval, by ID
}

var (
	_ commander.Commander = (*Recorder)(nil)
	_ commander.Checker   = (*Recorder)(nil)
)

// Option changes a default of [New].
type Option func(*Recorder)

// WithManager names the manager in the record. Managers that share a record
// must have different names. Default: "manager".
func WithManager(name string) Option { return func(r *Recorder) { r.manager = name } }

// WithLateTimeout sets how much longer than its caller the recorder waits for
// the answer to a command, to record it as [love.CommandLate]. Default: 10
// minutes.
func WithLateTimeout(d time.Duration) Option { return func(r *Recorder) { r.late = d } }

// WithUnrecorded sends commands even if they cannot be recorded, and logs each.
// Default: they are refused, because a command that nobody can account for is
// worse than one that must be repeated a minute later.
func WithUnrecorded() Option { return func(r *Recorder) { r.sendUnrecorded = true } }

// WithStatus sets how the HTTP status of an outcome is derived from the
// commander's error, for example by commanderhttp.Status. Default: it is 0.
func WithStatus(status func(err error) int) Option { return func(r *Recorder) { r.status = status } }

// WithClock sets the clock for the times of entries. Default: the system's.
// Timeouts always use the system's clock.
func WithClock(c love.Clock) Option { return func(r *Recorder) { r.clock = c } }

// WithLogger sets the logger for failures of the record. Default: none.
func WithLogger(l *slog.Logger) Option { return func(r *Recorder) { r.log = l } }

// New returns a recorder of the commands for inner. [Recorder.Close] ends it.
func New(inner commander.Commander, store Store, opts ...Option) *Recorder {
	r := &Recorder{
		inner: inner, store: store, manager: "manager", late: 10 * time.Minute,
		clock: love.SystemClock{}, log: slog.New(slog.DiscardHandler), status: func(error) int { return 0 },
		awaiting: map[string]love.CommandEntry{},
	}
	r.ending, r.end = context.WithCancel(context.Background())
	r.abandoned, r.abandon = context.WithCancel(context.Background())
	for _, o := range opts {
		o(r)
	}
	r.outcomes = newOutcomeWriter(store, r.watchers.Notify, r.log)
	return r
}

// Watch calls f with each entry when it begins, and some milliseconds after its
// outcome changes, until cancel is called. f must not block.
func (r *Recorder) Watch(f func(love.CommandEntry)) (cancel func()) { return r.watchers.Add(f) }

// Execute implements [commander.Commander]. It returns when the answer comes or
// ctx ends. In the latter case the recorder still waits for the answer to a command
// that has left (see [commander.Sent]) and records it. Execute does not wait until
// the outcome is recorded; [Recorder.List] does.
func (r *Recorder) Execute(ctx context.Context, c commander.Call) (love.Ack, error) {
	if !r.enter() {
		closed := &commander.Error{
			Kind: commander.Busy, RetryAfter: retryAfter,
			Text: "The manager is shutting down. Nothing was sent: try again in a moment.",
		}
		r.Refuse(ctx, c, closed)
		return love.Ack{}, closed
	}
	e, err := r.begin(ctx, c)
	if err != nil {
		r.underWay.Done()
		return love.Ack{}, err
	}
	began := r.clock.Now()
	sending, late := withLateTimeout(ctx, r.late)
	answered := r.send(sending, c, began, late)
	if a, ok := r.wait(ctx, answered, late); ok {
		r.finish(e, a.outcome)
		r.underWay.Done()
		return a.ack, a.err
	}
	late.start()
	err = context.Cause(ctx)
	timedOut := errors.Is(err, context.DeadlineExceeded)
	if timedOut {
		waited := r.clock.Now().Sub(began)
		err = timeoutError(waited, late.progress())
		o := r.outcome(love.Ack{}, err)
		o.Duration = waited
		r.finish(e, o)
	}
	go func() {
		defer r.underWay.Done()
		defer late.stop()
		select {
		case a := <-answered:
			r.follow(e, a, timedOut)
		case <-r.abandoned.Done():
			if !timedOut { // its caller has hung up
				r.finish(e, r.abandonment().outcome)
			}
		}
	}()
	return love.Ack{}, err
}

// Check implements [commander.Checker] with the wrapped commander.
func (r *Recorder) Check(ctx context.Context, c commander.Call) (love.Ack, error) {
	return commander.Check(ctx, r.inner, c)
}

// retryAfter is how long a client should wait before it repeats a command that
// was not sent.
const retryAfter = time.Second

// enter reports whether the recorder is open. If so, the command counts as
// under way until underWay.Done.
func (r *Recorder) enter() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.closed {
		r.underWay.Add(1)
	}
	return !r.closed
}

// Refuse records a command that was refused before it reached the recorder, with
// the reason. A failure to record it is logged.
func (r *Recorder) Refuse(ctx context.Context, c commander.Call, why error) {
	refused := r.refused(why)
	if e, waited := r.take(c.ID); waited {
		r.finish(e, refused)
		return
	}
	e := r.entry(c, refused)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeTimeout) // recorded even if the client hangs up
	defer cancel()
	if err := r.store.Begin(ctx, e); err != nil {
		r.log.Error("a refused command was not recorded", "user", e.User, "csc", e.CSC, "salindex", e.SalIndex, "cmd", e.Command, "error", err)
	}
	r.watchers.Notify(e)
}

// Await records a command that waits for a second person's approval, with the
// text for its caller. A later [Recorder.Execute] or [Recorder.Refuse] with a
// call of this ID changes the same entry.
func (r *Recorder) Await(ctx context.Context, c commander.Call, text string) (id string, err error) {
	o := r.outcome(love.Ack{}, &commander.Error{Kind: commander.Awaiting, Text: text})
	o.State = love.CommandAwaiting
	e := r.entry(c, o)
	if err := r.write(e, func() error { return r.store.Begin(ctx, e) }); err != nil {
		return "", err
	}
	r.watchers.Notify(e)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.awaiting[e.ID] = e
	return e.ID, nil
}

// take returns the entry of a command that has waited for approval.
func (r *Recorder) take(id string) (e love.CommandEntry, waited bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	e, waited = r.awaiting[id]
	delete(r.awaiting, id)
	return e, waited
}

// List returns entries as [Store.List] does, after recording the outcomes of
// all commands that have been answered.
func (r *Recorder) List(ctx context.Context, f love.CommandFilter) ([]love.CommandEntry, error) {
	if err := r.outcomes.flush(ctx); err != nil {
		return nil, err
	}
	return r.store.List(ctx, f)
}

// Close refuses new commands and waits for those under way. When ctx ends, it
// ends theirs, and records as [love.CommandUnknown] what does not come to its end
// then. It may be called again.
func (r *Recorder) Close(ctx context.Context) {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	release := context.AfterFunc(ctx, func() {
		r.end()
		time.AfterFunc(endTimeout, r.abandon)
	})
	defer release()
	r.underWay.Wait()
	r.end()
	r.outcomes.close()
}

// begin records a command that is about to be sent.
func (r *Recorder) begin(ctx context.Context, c commander.Call) (love.CommandEntry, error) {
	pending := love.CommandOutcome{State: love.CommandPending, ApprovedBy: c.ApprovedBy}
	e, waited := r.take(c.ID)
	var write func() error
	if waited {
		e.CommandOutcome = pending
		write = func() error { return r.store.Change(ctx, Change{e.ID, pending}) }
	} else {
		e = r.entry(c, pending)
		write = func() error { return r.store.Begin(ctx, e) }
	}
	if err := r.write(e, write); err != nil {
		r.finish(e, r.refused(err)) // the entry may exist despite the error
		return love.CommandEntry{}, err
	}
	r.outcomes.add(e)
	return e, nil
}

// write writes the entry of a command that is about to be sent or to wait. A
// failure is logged, and is an error unless unrecorded commands are allowed.
func (r *Recorder) write(e love.CommandEntry, write func() error) error {
	err := write()
	if err != nil {
		r.log.Error("a command could not be recorded", "user", e.User, "csc", e.CSC, "salindex", e.SalIndex, "cmd", e.Command, "sent", r.sendUnrecorded, "error", err)
	}
	if err == nil || r.sendUnrecorded {
		return nil
	}
	return &commander.Error{
		Kind: commander.Busy, Err: err, RetryAfter: retryAfter,
		Text: "The command was not sent, because it cannot be recorded at the moment. Try again; if it lasts, the manager's database needs attention.",
	}
}

// finish queues an outcome for the record.
func (r *Recorder) finish(e love.CommandEntry, o love.CommandOutcome) {
	o.ApprovedBy = e.ApprovedBy
	e.CommandOutcome = o
	r.outcomes.add(e)
}

// entry returns a new entry for a call. A request that is not a command is kept
// whole, in Params.
func (r *Recorder) entry(c commander.Call, o love.CommandOutcome) love.CommandEntry {
	id, at := r.ids.Next(r.clock.Now())
	e := love.CommandEntry{
		ID: id, Time: at, User: c.User, Identity: c.Identity, Address: c.Address, Manager: r.manager,
		CSC: c.CSC, SalIndex: c.SalIndex, Command: c.Name, Params: c.Params, CommandOutcome: o,
	}
	if c.Name == "" {
		e.Params = c.Posted
	}
	return e
}

// refused returns the outcome of a command that was not sent.
func (r *Recorder) refused(why error) love.CommandOutcome {
	o := r.outcome(love.Ack{}, why)
	o.State = love.CommandRefused
	return o
}

// outcome derives the outcome of a command from its acknowledgement, or from err
// if there is none.
func (r *Recorder) outcome(ack love.Ack, err error) love.CommandOutcome {
	o := love.CommandOutcome{Status: r.status(err), Code: ack.Code, Result: ack.Text}
	if err != nil {
		e := commander.ErrorOf(err, commander.UnknownOutcome)
		o.State, o.Code, o.Result = stateOf(e.Kind), e.Code, e.Text
		return o
	}
	o.State = love.CommandFailed
	if ack.Succeeded() {
		o.State = love.CommandDone
	}
	return o
}

func stateOf(k commander.Kind) love.CommandState {
	switch k {
	case commander.TimedOut:
		return love.CommandTimedOut
	case commander.Unknown, commander.Awaiting: // this recorder is not notified of what becomes of it
		return love.CommandUnknown
	}
	return love.CommandRefused
}
