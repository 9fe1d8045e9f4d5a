package commander

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
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

	underWay sync.WaitGroup
	ending   context.Context // ends what is under way
	end      context.CancelFunc
	mu       sync.Mutex // of closed, and of underWay's growing
	closed   bool
	desk     chan task     // what the clerk has to write
	written  chan struct{} // closed when the clerk has ended
}

// task is a command that has begun, for the watcher; an outcome to record; or
// a question whether all before it is written.
type task struct {
	entry Entry
	asked chan<- struct{}
}

// deskSize is how many outcomes may wait for the record before answers do.
const deskSize = 1024

// RecorderOption changes a default of [NewRecorder].
type RecorderOption func(*Recorder)

// WithManager names the manager in the record. Managers that share a record
// have different names. Default: "manager".
func WithManager(name string) RecorderOption { return func(r *Recorder) { r.manager = name } }

// WithCommandLimit sets when whoever commands is told that there is no answer;
// progress extends it. Default: [DefaultAnswerLimit].
func WithCommandLimit(d time.Duration) RecorderOption { return func(r *Recorder) { r.limit = d } }

// WithLateLimit sets for how long after that an answer is still waited for, to
// be recorded as [Late]. Default: 10 minutes. A commander with a limit of its
// own, such as [HTTP], needs one that is as long as both together.
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
// changes. f must not block.
func WithWatcher(f func(Entry)) RecorderOption { return func(r *Recorder) { r.watch = f } }

// NewRecorder makes a recorder of the commands to inner. [Recorder.Close] ends
// it.
func NewRecorder(inner Commander, record Record, opts ...RecorderOption) *Recorder {
	r := &Recorder{
		inner: inner, record: record, manager: "manager", limit: DefaultAnswerLimit, late: DefaultLateLimit,
		clock: love.SystemClock{}, log: slog.New(slog.DiscardHandler), watch: func(Entry) {},
		desk: make(chan task, deskSize), written: make(chan struct{}),
	}
	r.ending, r.end = context.WithCancel(context.Background())
	for _, o := range opts {
		o(r)
	}
	go r.clerk()
	return r
}

// Execute implements [Commander]. It returns when the answer has come or the
// limit is over; the answer is waited for and recorded in any case, also when
// whoever commanded has gone. The answer does not wait for the record of it;
// [Recorder.List] does.
func (r *Recorder) Execute(ctx context.Context, request Request) (Reply, error) {
	e := r.entry(request)
	if err := r.begin(ctx, e); err != nil {
		return Reply{}, err
	}
	waiting, stop := WithPatience(ctx, r.limit)
	defer stop()
	got, err := r.send(waiting, e, request)
	if err != nil {
		e.Outcome = outcomeOf(Reply{}, err)
		r.write(e) // the clerk may have gone
		return Reply{}, err
	}
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
		cause = &NoReplyError{
			Status: http.StatusGatewayTimeout, Sent: true, Err: cause,
			Text: fmt.Sprintf("No answer within %s. The command is still waited for; the record of commands will tell what came of it.", r.limit),
		}
		o := outcomeOf(Reply{}, cause)
		o.Duration = r.clock.Now().Sub(e.Time)
		r.finish(e, o)
	}
	go func() {
		defer r.underWay.Done()
		r.follow(e, <-got, late)
	}()
	return Reply{}, cause
}

// answered is what came of a command.
type answered struct {
	reply   Reply
	err     error
	outcome Outcome
}

// send has the command executed, in a context that outlives whoever waits. It
// is under way until underWay is told.
func (r *Recorder) send(ctx context.Context, e Entry, request Request) (<-chan answered, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil, &NoReplyError{
			Status: http.StatusServiceUnavailable, RetryAfter: retryAfter,
			Text: "The manager is shutting down. Nothing was sent: try again in a moment.",
		}
	}
	run, stop := WithPatience(context.WithoutCancel(ctx), r.limit+r.late)
	release := context.AfterFunc(r.ending, stop)
	r.underWay.Add(1)
	got := make(chan answered, 1)
	go func() {
		defer stop()
		defer release()
		reply, err := r.inner.Execute(run, request)
		if err == nil {
			reply, err = reply.Strict()
		}
		o := outcomeOf(reply, err)
		o.Duration = r.clock.Now().Sub(e.Time)
		got <- answered{reply, err, o}
	}()
	return got, nil
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
	e := r.entry(request)
	e.Outcome = outcomeOf(reply, nil)
	e.State = Refused
	if err := r.record.Begin(ctx, e); err != nil {
		r.log.Error("a refused command was not recorded", "user", e.User, "csc", e.CSC, "cmd", e.Command, "error", err)
	}
	r.watch(e)
}

// List gives the entries of the record as [Record.List] does, with the outcome
// of all that has been answered.
func (r *Recorder) List(ctx context.Context, f Filter) ([]Entry, error) {
	written := make(chan struct{}, 1)
	select {
	case r.desk <- task{asked: written}:
	case <-r.written:
		return r.record.List(ctx, f)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	select {
	case <-written:
	case <-r.written:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return r.record.List(ctx, f)
}

// Close refuses commands from now on, waits for those under way until ctx
// ends, then gives them up, as [Unknown]. It may be called again.
func (r *Recorder) Close(ctx context.Context) {
	r.mu.Lock()
	again := r.closed
	r.closed = true
	r.mu.Unlock()
	release := context.AfterFunc(ctx, r.end)
	defer release()
	r.underWay.Wait()
	r.end()
	if !again {
		r.desk <- task{} // the last one
	}
	<-r.written
}

// clerk writes outcomes into the record, in their order.
func (r *Recorder) clerk() {
	defer close(r.written)
	for t := range r.desk {
		switch {
		case t.asked != nil:
			t.asked <- struct{}{}
		case t.entry.ID == "":
			return
		case t.entry.State == Pending: // recorded before it left
			r.watch(t.entry)
		default:
			r.write(t.entry)
		}
	}
}

// begin records that a command leaves.
func (r *Recorder) begin(ctx context.Context, e Entry) error {
	err := r.record.Begin(ctx, e)
	if err != nil {
		r.log.Error("a command could not be recorded", "user", e.User, "csc", e.CSC, "cmd", e.Command, "sent", r.loose, "error", err)
	}
	if err != nil && !r.loose {
		return &NoReplyError{
			Status: http.StatusServiceUnavailable, Err: err, RetryAfter: retryAfter,
			Text: "The command was not sent, because it cannot be recorded at the moment. Try again; if it lasts, the manager's database needs attention.",
		}
	}
	r.hand(task{entry: e})
	return nil
}

// hand gives the clerk a task, as long as there is a clerk.
func (r *Recorder) hand(t task) {
	select {
	case r.desk <- t:
	case <-r.written:
	}
}

// recordLimit bounds the wait for the record of an outcome.
const recordLimit = 10 * time.Second

// finish has an outcome recorded.
func (r *Recorder) finish(e Entry, o Outcome) {
	e.Outcome = o
	r.hand(task{entry: e})
}

// write records an outcome. The command is done with by then, so that a record
// that fails is told to the log alone.
func (r *Recorder) write(e Entry) {
	ctx, cancel := context.WithTimeout(context.Background(), recordLimit)
	defer cancel()
	if err := r.record.Finish(ctx, e.ID, e.Outcome); err != nil {
		r.log.Error("the outcome of a command was not recorded", "id", e.ID, "user", e.User, "csc", e.CSC, "cmd", e.Command, "state", e.State, "error", err)
	}
	r.watch(e)
}

// entry is a command as it begins. A request that is no command is kept whole.
func (r *Recorder) entry(request Request) Entry {
	now := r.clock.Now()
	e := Entry{
		ID: r.ids.next(now), Time: now, User: request.User, Identity: request.Identity, Address: request.Address,
		Manager: r.manager, ApprovedBy: request.ApprovedBy, Params: request.Body, Outcome: Outcome{State: Pending},
	}
	if c, err := request.Command(); err == nil {
		e.CSC, e.SalIndex, e.Command, e.Params = c.CSC, c.SalIndex, c.Name, c.Params
	}
	return e
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
