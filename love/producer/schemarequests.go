package producer

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/rubin-love/love-go/love/producer/internal/scriptqueue"
	"github.com/rubin-love/love-go/love/sal"
)

const schemaTimeLimit = 5 * time.Second

// schemaRequests asks a queue for the schemas of its scripts, one command at a time
// (docs/protocol/producer.md#schema-requests). Only the goroutine of a producer's
// Run may use it.
type schemaRequests struct {
	queue  QueueRemote
	log    *slog.Logger
	cancel context.CancelFunc // ends the latest round; nil before the first
	rounds sync.WaitGroup
}

// start begins a round of asking and ends an earlier one at once
// (docs/protocol/producer.md#schema-requests). After the last answer it calls
// finished, on another goroutine, with the context of the round, which ends when
// another round begins.
func (r *schemaRequests) start(ctx context.Context, paths []scriptqueue.Path, finished func(context.Context)) {
	if r.cancel != nil {
		r.cancel()
	}
	ctx, r.cancel = context.WithCancel(ctx)
	r.rounds.Go(func() {
		r.ask(ctx, paths)
		finished(ctx)
	})
}

func (r *schemaRequests) ask(ctx context.Context, paths []scriptqueue.Path) {
	for _, p := range paths {
		values := sal.Values{"isStandard": p.Standard, "path": p.Path}
		_, err := r.queue.Command(ctx, "showSchema", values, sal.WithTimeout(schemaTimeLimit))
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			r.log.Warn("no schema of a script", "path", p.Path, "error", err)
		}
	}
}

// stop ends the asking and waits for it.
func (r *schemaRequests) stop() {
	if r.cancel != nil {
		r.cancel()
	}
	r.rounds.Wait()
}
