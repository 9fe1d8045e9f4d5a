package main

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/spf13/pflag"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/commander/authority"
	"github.com/rubin-love/love-go/love/commander/commanderhttp"
	"github.com/rubin-love/love-go/love/commander/record"
	"github.com/rubin-love/love-go/love/manager"
)

// deskConfig says what happens to commands before they reach the commander.
type deskConfig struct {
	name       string        // of the manager, in the record
	limit      time.Duration // for an answer; 0: the default
	retention  time.Duration // of the record; 0: for ever
	unrecorded bool          // also send commands that cannot be recorded
	authority  bool
	approvals  []love.CommandPattern
}

// desk records commands, and holds back those that somebody else has the
// authority over.
type desk struct {
	deskConfig
	commander.Commander
	record    record.Store
	recorder  *record.Recorder
	authority *authority.Authority // nil: not switched on
	log       *slog.Logger
}

// newDesk makes the desk in front of a commander.
func newDesk(c deskConfig, inner commander.Commander, store record.Store, holds authority.Store, log *slog.Logger) *desk {
	d := &desk{deskConfig: c, record: store, log: log}
	options := []record.Option{record.WithManager(c.name), record.WithLogger(log), record.WithStatus(commanderhttp.Status)}
	if c.unrecorded {
		options = append(options, record.WithUnrecorded())
	}
	d.recorder = record.New(inner, store, options...)
	d.Commander = d.recorder
	if c.authority || len(c.approvals) > 0 {
		d.authority = authority.New(d.recorder, authority.WithRecorder(d.recorder), authority.WithApproval(c.approvals...), authority.WithStore(holds))
		d.Commander = d.authority
	}
	return d
}

// serve puts the desk into a manager's configuration.
func (d *desk) serve(c *manager.Config) {
	c.Commander, c.Record, c.Authority = d.Commander, d.recorder, d.authority
	c.CommandTimeout = d.limit
}

// prunePeriod is how often entries that are too old are deleted.
const prunePeriod = time.Hour

// settle marks what this manager's last run left behind: what was under way as
// unknown, what waited for approval as refused. It has to come before the first
// command of this run.
func (d *desk) settle(ctx context.Context) {
	n, err := d.record.Interrupted(ctx, d.name)
	switch {
	case err != nil:
		d.log.Error("the commands that the last run left behind could not be settled in the record", "error", err)
	case n > 0:
		d.log.Warn("the last run left commands behind: the record has them as unknown, or as refused if they waited for approval", "commands", n)
	}
}

// run keeps the record short until ctx ends.
func (d *desk) run(ctx context.Context) {
	var running sync.WaitGroup
	defer running.Wait()
	if d.authority != nil {
		running.Go(func() { _ = d.authority.Run(ctx) }) // ends with ctx
	}
	if d.retention <= 0 {
		return
	}
	tick := time.NewTicker(prunePeriod)
	defer tick.Stop()
	for {
		if _, err := d.record.Prune(ctx, time.Now().Add(-d.retention)); err != nil && ctx.Err() == nil {
			d.log.Warn("the record of commands could not be shortened", "error", err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// deskFlags are the settings of the desk.
type deskFlags struct {
	name       string
	retention  time.Duration
	unrecorded bool
	authority  bool
	approvals  []string
	patterns   []love.CommandPattern
}

func (f *deskFlags) register(fs *pflag.FlagSet) {
	fs.StringVar(&f.name, "name", "", "`NAME` of this manager in the record of commands, the same after a restart (default host and port)")
	bindEnv(fs, "name", "LOVED_NAME")
	fs.DurationVar(&f.retention, "command-retention", 2*365*24*time.Hour, "how long the record of commands goes back; 0 for ever")
	bindEnv(fs, "command-retention", "LOVED_COMMAND_RETENTION")
	fs.BoolVar(&f.unrecorded, "unrecorded-commands", false, "send commands also while they cannot be recorded")
	bindEnv(fs, "unrecorded-commands", "LOVED_UNRECORDED_COMMANDS")
	fs.BoolVar(&f.authority, "authority", false, "let users exclude others from commands for some time")
	bindEnv(fs, "authority", "LOVED_AUTHORITY")
	fs.StringSliceVar(&f.approvals, "approval", nil, "`PATTERNS` of commands that a second person has to approve, such as ATDome:*:open* (default none)")
	bindEnv(fs, "approval", "LOVED_APPROVAL")
}

// check refuses settings that are wrong, and reads the patterns.
func (f *deskFlags) check() error {
	f.patterns = nil
	for _, text := range f.approvals {
		p, err := love.ParseCommandPattern(text)
		if err != nil {
			return fmt.Errorf("--approval: %w", err)
		}
		f.patterns = append(f.patterns, p)
	}
	if f.retention < 0 {
		return fmt.Errorf("--command-retention is %v: give a time such as 8760h, or 0", f.retention)
	}
	return nil
}

func (f *deskFlags) config(name string, limit time.Duration) deskConfig {
	return deskConfig{
		name: name, limit: limit, retention: f.retention, unrecorded: f.unrecorded,
		authority: f.authority, approvals: f.patterns,
	}
}
