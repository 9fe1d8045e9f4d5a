package server

import (
	"cmp"
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/rubin-love/love-go/internal/outage"
	"github.com/rubin-love/love-go/love/commander/authority"
	"github.com/rubin-love/love-go/love/commander/commanderhttp"
	"github.com/rubin-love/love-go/love/commander/record"
	"github.com/rubin-love/love-go/love/manager"
)

// commands holds what a command passes on its way to the commander: authority, if
// it is switched on, and the record.
type commands struct {
	config    *Config
	name      string
	recorder  *record.Recorder
	authority *authority.Authority // nil: not switched on
}

func newCommands(c *Config, a access) *commands {
	p := &commands{config: c, name: cmp.Or(c.Name, "manager")}
	options := []record.Option{
		record.WithManager(p.name), record.WithStatus(commanderhttp.Status), record.WithClock(c.Clock), record.WithLogger(c.Logger),
	}
	if c.SendUnrecorded {
		options = append(options, record.WithUnrecorded())
	}
	p.recorder = record.New(c.Commander, c.Storage.Commands(), options...)
	if c.Authority || len(c.Approval) > 0 {
		p.authority = authority.New(p.recorder, authority.WithRecorder(p.recorder), authority.WithApproval(c.Approval...),
			authority.WithStore(c.Storage.Holds()), authority.WithClock(c.Clock), authority.WithGiverCheck(a.mayStillGive))
	}
	return p
}

// configure sets what a command passes in the configuration of a manager.
func (p *commands) configure(m *manager.Config) {
	m.Commander, m.Record, m.Authority = p.recorder, p.recorder, p.authority
	if p.authority != nil {
		m.Commander = p.authority
	}
}

// markInterrupted returns what marks the commands that the last run of this manager
// left open: those under way as unknown, those that waited for approval, and do not
// wait any more, as refused. It must be called first before the first command of this run; later calls leave the
// commands of this run alone.
func (p *commands) markInterrupted() func(context.Context) error {
	started := p.config.Clock.Now()
	var before time.Time // all, even if the clock was set back since
	return func(ctx context.Context) error {
		waiting, err := p.config.Storage.Holds().Waiting()
		if err != nil {
			return err
		}
		var ids []string
		for _, w := range waiting {
			ids = append(ids, w.ID)
		}
		n, err := p.config.Storage.Commands().Interrupted(ctx, p.name, before, ids...)
		before = started
		if n > 0 {
			p.config.Logger.Warn("the last run left commands open: the record has them as unknown, or as refused if they waited for approval", "commands", n)
		}
		return err
	}
}

// prunePeriod is how often entries that are too old are deleted; after a failure it is
// tried again earlier.
const (
	prunePeriod = time.Hour
	pruneRetry  = time.Minute
)

// run runs the authority and prunes the record until ctx ends.
func (p *commands) run(ctx context.Context) {
	var running sync.WaitGroup
	defer running.Wait()
	if p.authority != nil {
		running.Go(func() { _ = p.authority.Run(ctx) }) // ends with ctx
	}
	if p.config.CommandRetention <= 0 {
		return
	}
	fails := outage.New(p.config.Logger, slog.LevelWarn, "the record of commands could not be pruned", "the record of commands is pruned again")
	for {
		wait := prunePeriod
		now := p.config.Clock.Now()
		switch _, err := p.config.Storage.Commands().Prune(ctx, now.Add(-p.config.CommandRetention)); {
		case err == nil:
			fails.Succeeded(now)
		case ctx.Err() == nil:
			fails.Failed(now, err)
			wait = pruneRetry
		}
		timer := p.config.Clock.NewTimer(wait)
		select {
		case <-timer.C():
		case <-ctx.Done():
			timer.Stop()
			return
		}
	}
}
