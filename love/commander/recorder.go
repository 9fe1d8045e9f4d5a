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

// Recorder is a [Commander] that keeps a [Record] of the commands to another:
// an entry before each leaves, and what came of it. A command that cannot be
// recorded is refused, not sent. It is safe for concurrent use.
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
	mu       sync.Mutex // of closed, and of underWay's growing
	closed   bool
}

// RecorderOption changes a default of [NewRecorder].
type RecorderOption func(*Recorder)

// WithManager names the manager in the record. Managers that share a record
// have different names. Default: "manager".
func WithManager(name string) RecorderOption { return func(r *Recorder) { r.manager = name } }

// WithCommandLimit sets when whoever commands is told that there is no answer;
// progress extends it. Default: [DefaultAnswerLimit].
func WithCommandLimit(d time.Duration) RecorderOption { return func(r *Recorder) { r.limit = d } }

// WithLateLimit sets how much longer than the command limit an answer is waited
// for, to be recorded as [Late]. Default: 10 minutes. The commander behind has
// to wait as long as both together, or it gives up first: for [HTTP] that is
// WithAnswerLimit(limit+late).
func WithLateLimit(d time.Duration) RecorderOption { return func(r *Recorder) { r.late = d } }

// DefaultLateLimit is the default of [WithLateLimit].
const DefaultLateLimit = 10 * time.Minute

// WithUnrecorded sends commands also when they cannot be recorded; the log
// tells of each. Default: they are refused, because a command that nobody can
// account for is worse than one that is given again a minute later.
func WithUnrecorded() RecorderOption { return func(r *Recorder) { r.loose = true } }

// WithRecorderClock sets where the times of entries come from. Default: the
// clock of the system. Limits are the machine's in any case.
func WithRecorderClock(c love.Clock) RecorderOption { return func(r *Recorder) { r.clock = c } }

// WithRecorderLogger sets where a record that fails is told. Default: nowhere.
func WithRecorderLogger(l *slog.Logger) RecorderOption { return func(r *Recorder) { r.log = l } }

// WithWatcher has f called with each entry when it begins and when its outcome
// changes, some milliseconds after. f must not block.
func WithWatcher(f func(Entry)) RecorderOption { return func(r *Recorder) { r.watch = f } }

// NewRecorder makes a recorder of the commands to inner. [Recorder.Close] ends
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

// Execute implements [Commander]. It returns when the answer has come or the
// limit is over; the answer is waited for and recorded in any case, also when
// whoever commanded has gone. The answer does not wait for the record of it;
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

// readable is a duration without the digits that tell nobody anything.
func readable(d time.Duration) time.Duration {
	if d < time.Second {
		return d.Round(time.Millisecond)
	}
	return d.Round(100 * time.Millisecond)
}

// enter begins a command, which is under way until underWay is told, unless
// the recorder is closed.
func (r *Recorder) enter() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.closed {
		r.underWay.Add(1)
	}
	return !r.closed
}

// answered is what came of a command.
type answered struct {
	reply   Reply
	err     error
	outcome Outcome
}

// send has the command executed, in a context that outlives whoever waits.
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

// execute has the command executed. It runs on a goroutine that nobody else
// guards: a commander that panics must not end the program.
func (r *Recorder) execute(ctx context.Context, request Request) (_ Reply, err error) {
	defer func() {
		if p := recover(); p != nil {
			r.log.Error("a commander panicked", "panic", p, "stack", string(debug.Stack()))
			err = fmt.Errorf("the commander panicked: %v", p)
		}
	}()
	return r.inner.Execute(ctx, request)
}

// follow records the answer to a command that nobody waited for any more.
func (r *Recorder) follow(e Entry, a answered, late bool) {
	switch {
	case !late:
		r.finish(e, a.outcome)
	case a.err == nil:
		a.outcome.State = Late
		r.finish(e, a.outcome)
	}
}

// Refuse records a command that was refused before it came to the recorder,
// with the reply that it got. That it cannot be recorded is logged.
func (r *Recorder) Refuse(ctx context.Context, request Request, reply Reply) {
	refused := refusedWith(reply)
	if request.awaited != nil {
		r.finish(*request.awaited, refused)
		return
	}
	e := r.entry(request, refused)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordLimit) // hanging up is no way out of the record
	defer cancel()
	if err := r.record.Begin(ctx, e); err != nil {
		r.log.Error("a refused command was not recorded", "user", e.User, "csc", e.CSC, "cmd", e.Command, "error", err)
	}
	r.watch(e)
}

// await records a command that waits for a second person's approval, with the
// reply that it got. Whatever becomes of the request that it returns changes
// the same entry.
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

// List gives the entries of the record as [Record.List] does, with the outcome
// of all that has been answered.
func (r *Recorder) List(ctx context.Context, f Filter) ([]Entry, error) {
	if err := r.clerk.flush(ctx); err != nil {
		return nil, err
	}
	return r.record.List(ctx, f)
}

// Close refuses commands from now on, waits for those under way until ctx
// ends, then gives them up, as [Unknown]. It may be called again.
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

// begin records that a command leaves.
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
		r.finish(e, refusedWith(ReplyTo(err))) // there may be an entry all the same
		return Entry{}, err
	}
	r.clerk.put(e)
	return e, nil
}

// note writes the entry of a command that is not to be sent without one.
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

// finish has an outcome recorded.
func (r *Recorder) finish(e Entry, o Outcome) {
	o.ApprovedBy = e.ApprovedBy
	e.Outcome = o
	r.clerk.put(e)
}

// entry is a command as it begins. A request that is no command is kept whole.
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

// refusedWith is the outcome of a command that got a reply without being sent.
func refusedWith(reply Reply) Outcome {
	o := outcomeOf(reply, nil)
	o.State = Refused
	return o
}

// outcomeOf tells what an answer, or that there is none, says about a command.
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

// resultOf reads the acknowledgement in a reply; a reply without one is its
// own text.
func resultOf(r Reply) love.Ack {
	var ack love.Ack
	if json.Unmarshal(r.Body, &ack) != nil || ack.Text == "" {
		ack.Text = excerpt(r.Body)
	}
	return ack
}
