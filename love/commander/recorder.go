package commander

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"sync"
	"time"

	"github.com/rubin-love/love-go/love"
)

// Recorder is a [Commander] that records the commands to another one in a
// [Record]: an entry before each is sent, and then its outcome. A command that
// cannot be recorded is refused, not sent. It is safe for concurrent use.
type Recorder struct {
	inner   Commander
	record  Record
	manager string
	limit   time.Duration
	late    time.Duration
	loose   bool
	clock   love.Clock
	log     *slog.Logger
	watch   func(Entry)
	ids     ids
	clerk   *clerk

	underWay sync.WaitGroup
	ending   context.Context // ends what is under way
	end      context.CancelFunc
	mu       sync.Mutex // guards closed and underWay.Add
	closed   bool
}

// RecorderOption changes a default of [NewRecorder].
type RecorderOption func(*Recorder)

// WithManager names the manager in the record. Managers that share a record
// must have different names. Default: "manager".
func WithManager(name string) RecorderOption { return func(r *Recorder) { r.manager = name } }

// WithCommandLimit sets how long the caller waits for an answer; progress
// extends it. Default: [DefaultAnswerLimit].
func WithCommandLimit(d time.Duration) RecorderOption { return func(r *Recorder) { r.limit = d } }

// WithLateLimit sets how much longer than the command limit the recorder waits
// for an answer, to record it as [Late]. Default: 10 minutes. The wrapped
// commander has to wait for both together, or it gives up first: for [HTTP]
// that is WithAnswerLimit(limit+late).
func WithLateLimit(d time.Duration) RecorderOption { return func(r *Recorder) { r.late = d } }

// DefaultLateLimit is the default of [WithLateLimit].
const DefaultLateLimit = 10 * time.Minute

// WithUnrecorded sends commands even if they cannot be recorded, and logs each.
// Default: they are refused, because a command that nobody can account for is
// worse than one that has to be repeated a minute later.
func WithUnrecorded() RecorderOption { return func(r *Recorder) { r.loose = true } }

// WithRecorderClock sets the clock for the times of entries. Default: that of
// the system. The limits always use the system's clock.
func WithRecorderClock(c love.Clock) RecorderOption { return func(r *Recorder) { r.clock = c } }

// WithRecorderLogger sets the logger for failures of the record. Default: none.
func WithRecorderLogger(l *slog.Logger) RecorderOption { return func(r *Recorder) { r.log = l } }

// WithWatcher makes the recorder call f with each entry when it begins and some
// milliseconds after its outcome changes. f must not block.
func WithWatcher(f func(Entry)) RecorderOption { return func(r *Recorder) { r.watch = f } }

// NewRecorder returns a recorder of the commands to inner. [Recorder.Close] ends
// it.
func NewRecorder(inner Commander, record Record, opts ...RecorderOption) *Recorder {
	r := &Recorder{
		inner: inner, record: record, manager: "manager", limit: DefaultAnswerLimit, late: DefaultLateLimit,
		clock: love.SystemClock{}, log: slog.New(slog.DiscardHandler), watch: func(Entry) {},
	}
	r.ending, r.end = context.WithCancel(context.Background())
	for _, o := range opts {
		o(r)
	}
	r.clerk = newClerk(record, r.watch, r.log)
	return r
}

// Execute implements [Commander]. It returns when the answer comes, the limit
// is over or ctx ends. In the last two cases the recorder still waits for the
// answer and records it. Execute does not wait until the outcome is recorded;
// [Recorder.List] does.
func (r *Recorder) Execute(ctx context.Context, request Request) (Reply, error) {
	if !r.enter() {
		closed := &NoReplyError{
			Status: http.StatusServiceUnavailable, RetryAfter: retryAfter,
			Text: "The manager is shutting down. Nothing was sent: try again in a moment.",
		}
		r.Refuse(ctx, request, ReplyTo(closed))
		return Reply{}, closed
	}
	e, err := r.begin(ctx, request)
	if err != nil {
		r.underWay.Done()
		return Reply{}, err
	}
	waiting, stop := WithPatience(ctx, r.limit)
	defer stop()
	left := r.clock.Now()
	got := r.send(waiting, request, left)
	select {
	case a := <-got:
		r.finish(e, a.outcome)
		r.underWay.Done()
		return a.reply, a.err
	case <-waiting.Done():
	}
	cause := context.Cause(waiting)
	late := errors.Is(cause, context.DeadlineExceeded)
	if late {
		waited := r.clock.Now().Sub(left)
		cause = &NoReplyError{
			Status: http.StatusGatewayTimeout, Sent: true, Err: cause,
			Text: fmt.Sprintf("No answer within %s. The command is still waited for; the record of commands will tell what came of it.", readable(waited)),
		}
		o := outcomeOf(Reply{}, cause)
		o.Duration = waited
		r.finish(e, o)
	}
	go func() {
		defer r.underWay.Done()
		r.follow(e, <-got, late)
	}()
	return Reply{}, cause
}

// readable rounds a duration for people: to milliseconds below a second, else
// to tenths of a second.
func readable(d time.Duration) time.Duration {
	if d < time.Second {
		return d.Round(time.Millisecond)
	}
	return d.Round(100 * time.Millisecond)
}

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

// answered holds the answer to a command and the outcome that follows from it.
type answered struct {
	reply   Reply
	err     error
	outcome Outcome
}

// send executes the command in the background, in a context that outlives the
// caller's, and returns a channel for the answer.
func (r *Recorder) send(ctx context.Context, request Request, left time.Time) <-chan answered {
	run, stop := WithPatience(context.WithoutCancel(ctx), r.limit+r.late)
	release := context.AfterFunc(r.ending, stop)
	got := make(chan answered, 1)
	go func() {
		defer stop()
		defer release()
		reply, err := r.execute(run, request)
		if err == nil {
			reply, err = reply.Strict()
		}
		o := outcomeOf(reply, err)
		o.Duration = r.clock.Now().Sub(left)
		got <- answered{reply, err, o}
	}()
	return got
}

// execute executes the command and turns a panic into an error: nothing else
// guards its goroutine, and a commander that panics must not end the program.
func (r *Recorder) execute(ctx context.Context, request Request) (_ Reply, err error) {
	defer func() {
		if p := recover(); p != nil {
			r.log.Error("a commander panicked", "panic", p, "stack", string(debug.Stack()))
			err = fmt.Errorf("the commander panicked: %v", p)
		}
	}()
	return r.inner.Execute(ctx, request)
}

// follow records an answer that came when nobody waited for it any more. After
// the limit (late), an error adds nothing to the outcome recorded then.
func (r *Recorder) follow(e Entry, a answered, late bool) {
	switch {
	case !late:
		r.finish(e, a.outcome)
	case a.err == nil:
		a.outcome.State = Late
		r.finish(e, a.outcome)
	}
}

// Refuse records a command that was refused before it reached the recorder,
// with the reply that it got. A failure to record it is logged.
func (r *Recorder) Refuse(ctx context.Context, request Request, reply Reply) {
	refused := refusedWith(reply)
	if request.awaited != nil {
		r.finish(*request.awaited, refused)
		return
	}
	e := r.entry(request, refused)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordLimit) // a client that hangs up is recorded all the same
	defer cancel()
	if err := r.record.Begin(ctx, e); err != nil {
		r.log.Error("a refused command was not recorded", "user", e.User, "csc", e.CSC, "cmd", e.Command, "error", err)
	}
	r.watch(e)
}

// await records a command that waits for a second person's approval, with the
// reply that it got. What happens to the returned request later changes the
// same entry.
func (r *Recorder) await(ctx context.Context, request Request, reply Reply) (Request, error) {
	o := outcomeOf(reply, nil)
	o.State = Awaiting
	e := r.entry(request, o)
	if err := r.note(e, func() error { return r.record.Begin(ctx, e) }); err != nil {
		return Request{}, err
	}
	r.watch(e)
	request.awaited = &e
	return request, nil
}

// List returns entries as [Record.List] does, after recording the outcomes of
// all commands that have been answered.
func (r *Recorder) List(ctx context.Context, f Filter) ([]Entry, error) {
	if err := r.clerk.flush(ctx); err != nil {
		return nil, err
	}
	return r.record.List(ctx, f)
}

// Close refuses new commands and waits for those under way. When ctx ends, it
// gives them up as [Unknown]. It may be called again.
func (r *Recorder) Close(ctx context.Context) {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	release := context.AfterFunc(ctx, r.end)
	defer release()
	r.underWay.Wait()
	r.end()
	r.clerk.end()
}

// begin records a command before it is sent.
func (r *Recorder) begin(ctx context.Context, request Request) (Entry, error) {
	pending := Outcome{State: Pending, ApprovedBy: request.ApprovedBy}
	var e Entry
	var write func() error
	if request.awaited == nil {
		e = r.entry(request, pending)
		write = func() error { return r.record.Begin(ctx, e) }
	} else {
		e = *request.awaited
		e.Outcome = pending
		write = func() error { return r.record.Change(ctx, Change{e.ID, pending}) }
	}
	if err := r.note(e, write); err != nil {
		r.finish(e, refusedWith(ReplyTo(err))) // the entry may exist despite the error
		return Entry{}, err
	}
	r.clerk.put(e)
	return e, nil
}

// note writes the entry of a command that is about to be sent or to wait. A
// failure is logged, and is an error unless unrecorded commands are allowed.
func (r *Recorder) note(e Entry, write func() error) error {
	err := write()
	if err != nil {
		r.log.Error("a command could not be recorded", "user", e.User, "csc", e.CSC, "cmd", e.Command, "sent", r.loose, "error", err)
	}
	if err == nil || r.loose {
		return nil
	}
	return &NoReplyError{
		Status: http.StatusServiceUnavailable, Err: err, RetryAfter: retryAfter,
		Text: "The command was not sent, because it cannot be recorded at the moment. Try again; if it lasts, the manager's database needs attention.",
	}
}

// finish queues an outcome for the record.
func (r *Recorder) finish(e Entry, o Outcome) {
	o.ApprovedBy = e.ApprovedBy
	e.Outcome = o
	r.clerk.put(e)
}

// entry returns a new entry for a request. A request that is no valid command
// is kept whole, in Params.
func (r *Recorder) entry(request Request, o Outcome) Entry {
	id, at := r.ids.next(r.clock.Now())
	e := Entry{
		ID: id, Time: at, User: request.User, Identity: request.Identity, Address: request.Address,
		Manager: r.manager, Params: request.Body, Outcome: o,
	}
	if c, err := request.Command(); err == nil {
		e.CSC, e.SalIndex, e.Command, e.Params = c.CSC, c.SalIndex, c.Name, c.Params
	}
	return e
}

// refusedWith returns the outcome of a command that got a reply without being
// sent.
func refusedWith(reply Reply) Outcome {
	o := outcomeOf(reply, nil)
	o.State = Refused
	return o
}

// outcomeOf derives the outcome of a command from the reply to it, or from err
// if there is none.
func outcomeOf(reply Reply, err error) Outcome {
	o := Outcome{Status: reply.Status, State: Unknown}
	if err != nil {
		answer := ReplyTo(err)
		o.Status, o.Result = answer.Status, resultOf(answer).Text
		none, ok := errors.AsType[*NoReplyError](err)
		switch {
		case ok && !none.Sent:
			o.State = Refused
		case o.Status == http.StatusGatewayTimeout:
			o.State = TimedOut
		}
		return o
	}
	ack := resultOf(reply)
	o.Code, o.Result = ack.Code, ack.Text
	switch {
	case reply.Status == http.StatusOK && ack.Text == love.Done:
		o.State = Succeeded
	case reply.Status < 300:
		o.State = Failed
	case reply.Status < 500, reply.Status == http.StatusNotImplemented, reply.Status == http.StatusServiceUnavailable:
		o.State = Refused
	case reply.Status == http.StatusGatewayTimeout:
		o.State = TimedOut
	}
	return o
}

// resultOf returns the acknowledgement in a reply. If there is none, the
// beginning of the body is its text.
func resultOf(r Reply) love.Ack {
	var ack love.Ack
	if json.Unmarshal(r.Body, &ack) != nil || ack.Text == "" {
		ack.Text = excerpt(r.Body)
	}
	return ack
}
