package sim

import (
	"context"

	"github.com/rubin-love/love-go/love/sal"
)

// command executes a command; the error is the reason for a refusal.
type command func(ctx context.Context, s *sal.Sample) error

// actor is a goroutine that owns a component: everything that happens to the
// component is a job of the actor.
type actor struct {
	jobs  chan job
	ended chan struct{} // closed when no job is taken any more
}

// job is work for an actor.
type job struct {
	do   func() error
	done chan error // nil if nobody waits
}

// waitingJobs is the number of jobs that may wait for an actor before callers must
// wait to add one.
const waitingJobs = 256

func newActor() actor {
	return actor{jobs: make(chan job, waitingJobs), ended: make(chan struct{})}
}

// call makes the actor do a job and waits for it.
func (a *actor) call(ctx context.Context, do func() error) error {
	j := job{do: do, done: make(chan error, 1)}
	select {
	case a.jobs <- j:
	case <-ctx.Done():
		return ctx.Err()
	case <-a.ended:
		return context.Canceled
	}
	select {
	case err := <-j.done:
		return err
	case <-ctx.Done():
	case <-a.ended:
	}
	select {
	case err := <-j.done: // the job was the end
		return err
	default:
		return context.Canceled
	}
}

// post gives the actor a job and does not wait until it is done. Actors give each
// other jobs only in this way, so that they never wait for each other.
func (a *actor) post(do func()) {
	select {
	case a.jobs <- job{do: func() error { do(); return nil }}:
	case <-a.ended:
	}
}

// run does a job.
func (j job) run() {
	err := j.do()
	if j.done != nil {
		j.done <- err
	}
}

// handler makes a command a job of the actor.
func (a *actor) handler(do command) sal.Handler {
	return func(ctx context.Context, s *sal.Sample) error {
		return a.call(ctx, func() error { return do(ctx, s) })
	}
}
