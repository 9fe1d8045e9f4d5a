package producer

import (
	"context"
	"time"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/sal"
)

const (
	scriptBeatPeriod = 2 * time.Second
	schemaTimeLimit  = 5 * time.Second
)

// heardQueue handles the event queue, which lists the scripts of the queue.
func (p *ScriptQueue) heardQueue(ctx context.Context, s *sal.Sample) {
	p.turn.Lock()
	defer p.turn.Unlock()
	what := p.state.applyQueue(s)
	p.listed = true
	p.tell(ctx, what|p.applyEarly())
}

func (p *ScriptQueue) heardScript(ctx context.Context, s *sal.Sample) {
	p.turn.Lock()
	defer p.turn.Unlock()
	p.tell(ctx, p.state.applyScript(s))
}

// heardFromScript handles an event of a script. Events from before the start of
// this producer arrive first and in any order, so they are kept until the queue
// has listed its scripts (quirk Q-HIST).
func (p *ScriptQueue) heardFromScript(ctx context.Context, s *sal.Sample) {
	now := p.cfg.clock.Now()
	p.turn.Lock()
	defer p.turn.Unlock()
	switch name := s.Topic().Name; {
	case name == "heartbeat":
		if p.settled { // an earlier one may be old and is no sign of life
			p.state.beat(s.Index(), now)
		}
	case !p.settled:
		p.early = append(p.early, s)
	case name == "logMessage":
		if msg := p.keepLog(s); msg != nil && p.state.isActive(s.Index()) && p.to != nil {
			p.complain(ctx, "logMessage of "+s.Identity(), p.to.Send(ctx, msg))
		}
	default:
		p.tell(ctx, p.state.applyScriptEvent(s))
	}
}

// applyEarly applies the events that scripts sent before this producer began, once
// all of them have arrived and the queue has listed its scripts. The caller holds
// the turn.
func (p *ScriptQueue) applyEarly() (what changes) {
	if !p.settled || !p.listed {
		return 0
	}
	for _, s := range p.early {
		if s.Topic().Name == "logMessage" {
			p.keepLog(s)
		} else {
			what |= p.state.applyScriptEvent(s)
		}
	}
	p.early = nil
	return what
}

// keepLog encodes and keeps a log message of a script. It returns nil if the
// script is not this queue's. The caller holds the turn.
func (p *ScriptQueue) keepLog(s *sal.Sample) []byte {
	entry := p.state.scripts[s.Index()]
	if entry == nil {
		return nil
	}
	if p.logs == nil || p.logs.topic != s.Topic() {
		p.logs = newEncoder(s.Topic())
	}
	msg := p.message.appendAt(nil, 0, love.CategoryEvent, p.logs.encode(s, s.Index()))
	entry.log(msg)
	return msg
}

// sendLogs sends the kept log messages of the running script.
func (p *ScriptQueue) sendLogs(ctx context.Context, to Sender) error {
	p.turn.Lock()
	defer p.turn.Unlock()
	for _, index := range p.state.current {
		for _, msg := range p.state.script(index).logs {
			if err := to.Send(ctx, msg); err != nil {
				return err
			}
		}
	}
	return nil
}

// watchScripts sends the heartbeats of the scripts every scriptBeatPeriod,
// beginning after the start delay.
func (p *ScriptQueue) watchScripts(ctx context.Context) {
	timer := p.cfg.clock.NewTimer(p.cfg.startDelay)
	defer timer.Stop()
	select {
	case <-timer.C():
	case <-ctx.Done():
		return
	}
	ticker := p.cfg.clock.NewTicker(scriptBeatPeriod)
	defer ticker.Stop()
	p.settle(ctx)
	for {
		p.tellBeats(ctx)
		select {
		case <-ticker.C():
		case <-ctx.Done():
			return
		}
	}
}

func (p *ScriptQueue) settle(ctx context.Context) {
	p.turn.Lock()
	defer p.turn.Unlock()
	p.settled = true
	p.tell(ctx, p.applyEarly())
}

func (p *ScriptQueue) tellBeats(ctx context.Context) {
	now := p.cfg.clock.Now()
	p.turn.Lock()
	defer p.turn.Unlock()
	if p.to == nil {
		return
	}
	p.state.eachBeat(now, func(s *script) {
		item := s.appendBeat(nil, p.remote.Index())
		p.complain(ctx, "heartbeat of a script", p.to.Send(ctx, p.message.appendAt(nil, 0, love.CategoryEvent, item)))
	})
}

// heardAvailable handles the event availableScripts and asks for the schemas of
// the scripts it lists. It stops asking about an older list at once (quirk
// Q-CANCEL).
func (p *ScriptQueue) heardAvailable(ctx context.Context, s *sal.Sample) {
	p.turn.Lock()
	defer p.turn.Unlock()
	p.tell(ctx, p.state.applyAvailable(s))
	if p.asks == nil {
		return
	}
	p.abort()
	p.asking = true
	round, abort := context.WithCancel(ctx)
	p.abort = abort
	commands := p.state.schemaCommands()
	p.rounds.Go(func() {
		defer abort()
		p.askSchemas(round, commands)
	})
}

// heardSchema handles the event configSchema. While schemas are being asked for,
// it sends nothing; askSchemas sends all of them at the end.
func (p *ScriptQueue) heardSchema(ctx context.Context, s *sal.Sample) {
	p.turn.Lock()
	defer p.turn.Unlock()
	what := p.state.applySchema(s)
	if p.asking {
		p.markStale(what)
		return
	}
	p.tell(ctx, what)
}

// askSchemas asks for the schemas one at a time (producer spec, section 7.6).
func (p *ScriptQueue) askSchemas(ctx context.Context, commands []sal.Values) {
	for _, values := range commands {
		_, err := p.asks.Command(ctx, "showSchema", values, sal.WithTimeout(schemaTimeLimit))
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			p.log.Warn("the schema of a script was not told", "path", values["path"], "error", err)
		}
	}
	p.turn.Lock()
	defer p.turn.Unlock()
	if ctx.Err() == nil { // otherwise another round has begun
		p.asking = false
		p.tell(ctx, changedAvailable)
	}
}
