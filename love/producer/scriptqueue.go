package producer

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/producer/internal/scriptqueue"
	"github.com/rubin-love/love-go/love/sal"
)

// checkPeriod is how often the heartbeats of scripts are checked and sent.
const checkPeriod = 2 * time.Second

// QueueRemote is the part of a SAL remote that a [ScriptQueue] needs of its queue;
// [*sal.Remote] implements it.
type QueueRemote interface {
	Remote
	// Command asks for the schemas of scripts; see [WithSchemas].
	Command(ctx context.Context, name string, values sal.Values, opts ...sal.CommandOption) (sal.Ack, error)
}

// ScriptQueue is the producer of a script queue
// (docs/protocol/producer.md#script-queue): a [CSC] that also listens to all
// scripts. It sends the state of the queue in streams of the component
// ScriptQueueState ([WithStreamLayout]), the heartbeats of the scripts in the stream
// "stream" of ScriptHeartbeats, and their log messages as the event logMessage of
// Script. Use [NewScriptQueue].
type ScriptQueue struct {
	*CSC
	scripts Remote
	streams *queueStreams
	changed chan struct{} // receives a token when streams wait to be sent

	// The fields below are used by the goroutine of Run only.
	waiting []string        // streams that wait to be sent; see WithCoalescing
	schemas *schemaRequests // nil if schemas are not asked for
	asking  bool            // whether they are being asked for
	logs    *encoder        // of log messages of scripts
}

var _ Producer = (*ScriptQueue)(nil)

// firstOfQueue lists the topics that must be read first: they list the scripts to
// which the events of other topics refer.
var firstOfQueue = [...]string{"evt_availableScripts", "evt_queue"}

// scriptTopics lists the events of scripts that are read.
var scriptTopics = [...]string{"metadata", "state", "description", "checkpoints", "logLevel", "heartbeat", "logMessage"}

// NewScriptQueue returns the producer of a queue. scripts is a remote of the
// component Script with index 0. queue must not be read-only if schemas are to be
// asked for ([WithSchemas]). The caller closes both remotes.
func NewScriptQueue(queue QueueRemote, scripts Remote, opts ...ScriptQueueOption) (*ScriptQueue, error) {
	cfg := newConfig(opts)
	if err := cfg.check(); err != nil {
		return nil, err
	}
	if isNil(queue) || isNil(scripts) {
		return nil, errors.New("producer: a Remote of the ScriptQueue is nil: was the error of Domain.Remote checked?")
	}
	p := &ScriptQueue{CSC: newCSC(queue, cfg), scripts: scripts, changed: make(chan struct{}, 1)}
	p.streams = newQueueStreams(queue.Index(), scriptqueue.New(cfg.finishedLimit(), p.encodeLog), cfg.layout.streams())
	for _, s := range p.streams.stored() {
		p.publisher.store(s)
	}
	if cfg.asksSchemas() {
		p.schemas = &schemaRequests{queue: queue, log: p.log}
	}
	p.first = firstOfQueue[:]
	p.after["evt_queue"] = p.applied((*scriptqueue.State).ApplyQueue)
	p.after["evt_script"] = p.applied((*scriptqueue.State).ApplyScript)
	p.after["evt_availableScripts"] = p.applyAvailable
	p.after["evt_configSchema"] = p.applySchema
	return p, nil
}

// Subscriptions implements [Producer].
func (p *ScriptQueue) Subscriptions() []string {
	return []string{love.All, p.csc, scriptqueue.StateComponent, p.scripts.Component().Name}
}

// Run implements [Producer].
func (p *ScriptQueue) Run(ctx context.Context, to Sender) error {
	ctx, cancel := context.WithCancel(ctx)
	var all sync.WaitGroup
	defer all.Wait()
	defer cancel()
	p.asking = false
	if p.schemas != nil {
		defer p.schemas.stop()
	}
	all.Go(func() { p.checkHeartbeats(ctx) })
	if p.cfg.coalesce > 0 {
		all.Go(func() { p.flushLater(ctx) })
	}
	unsubscribe, err := p.receive(ctx, p.scripts, p.scriptAttrs(), func(string) handler { return p.scriptEvent })
	defer unsubscribe()
	if err != nil {
		return err
	}
	return p.CSC.Run(ctx, to)
}

// scriptAttrs returns the topics of scripts that are read; other versions of the
// interface may lack some.
func (p *ScriptQueue) scriptAttrs() (attrs []string) {
	for _, name := range scriptTopics {
		attr := sal.Event.Prefix() + name
		if _, ok := p.scripts.Component().Topic(attr); ok {
			attrs = append(attrs, attr)
		}
	}
	return attrs
}

// applied returns the handler that applies an event of the queue and sends what has
// changed.
func (p *ScriptQueue) applied(apply func(*scriptqueue.State, *sal.Sample) scriptqueue.Changes) handler {
	return func(ctx context.Context, a arrival) {
		p.update(ctx, func(s *scriptqueue.State) scriptqueue.Changes { return apply(s, a.sample) })
	}
}

// applyAvailable handles the event availableScripts and asks for the schemas of the
// scripts it lists.
func (p *ScriptQueue) applyAvailable(ctx context.Context, a arrival) {
	p.applied((*scriptqueue.State).ApplyAvailable)(ctx, a)
	if p.schemas == nil {
		return
	}
	var paths []scriptqueue.Path
	p.streams.withState(func(s *scriptqueue.State) { paths = s.Paths() })
	p.asking = true
	p.schemas.start(ctx, paths, func(round context.Context) {
		p.do(round, func() {
			if round.Err() != nil {
				return // another round has begun
			}
			p.asking = false
			p.update(ctx, func(*scriptqueue.State) scriptqueue.Changes { return scriptqueue.Available })
		})
	})
}

// applySchema handles the event configSchema. While schemas are being asked for, it
// sends nothing; all of them are sent at the end.
func (p *ScriptQueue) applySchema(ctx context.Context, a arrival) {
	changed := p.streams.update(func(s *scriptqueue.State) scriptqueue.Changes { return s.ApplySchema(a.sample) })
	if !p.asking {
		p.publishChanged(ctx, changed)
	}
}

// scriptEvent handles an event of a script.
func (p *ScriptQueue) scriptEvent(ctx context.Context, a arrival) {
	index := a.sample.Index()
	switch a.sample.Topic().Name {
	case "heartbeat":
		p.streams.withState(func(s *scriptqueue.State) { s.Beat(index, a.at) })
	case "logMessage":
		var object []byte
		var send bool
		p.streams.withState(func(s *scriptqueue.State) { object, send = s.AddLog(a.sample) })
		if send {
			p.logFailure(ctx, "Script:"+strconv.Itoa(index)+" logMessage", p.publisher.sendBare(ctx, p.logItem(index, object), 0))
		}
	default:
		p.update(ctx, func(s *scriptqueue.State) scriptqueue.Changes { return s.ApplyScriptEvent(a.sample) })
	}
}

// encodeLog returns the object of a log message of a script.
func (p *ScriptQueue) encodeLog(s *sal.Sample) []byte {
	if p.logs == nil || p.logs.topic != s.Topic() {
		p.logs = newEncoder(s.Topic())
	}
	return p.logs.encode(s, s.Index())
}

func (p *ScriptQueue) logItem(script int, object []byte) item {
	return item{Header{
		Category: love.CategoryEvent, CSC: p.scripts.Component().Name, SalIndex: love.Index(script), Streams: []string{"logMessage"},
	}, object}
}

// checkHeartbeats sends the heartbeats of the scripts once a checkPeriod, beginning
// after the start delay.
func (p *ScriptQueue) checkHeartbeats(ctx context.Context) {
	timer := p.cfg.clock.NewTimer(p.cfg.startDelay)
	defer timer.Stop()
	select {
	case <-timer.C():
	case <-ctx.Done():
		return
	}
	ticker := p.cfg.clock.NewTicker(checkPeriod)
	defer ticker.Stop()
	p.do(ctx, func() { p.update(ctx, (*scriptqueue.State).Start) })
	for {
		p.do(ctx, func() { p.sendHeartbeats(ctx) })
		select {
		case <-ticker.C():
		case <-ctx.Done():
			return
		}
	}
}

func (p *ScriptQueue) sendHeartbeats(ctx context.Context) {
	var beats []scriptqueue.Heartbeat
	p.streams.withState(func(s *scriptqueue.State) { beats = s.CheckBeats(p.cfg.clock.Now()) })
	for _, b := range beats {
		header := Header{
			Category: love.CategoryEvent, CSC: scriptqueue.HeartbeatComponent, SalIndex: p.index, Streams: []string{onlyStream},
			Source: strconv.Itoa(b.Script), Replaceable: true,
		}
		it := item{header, b.AppendItem(nil, p.remote.Index())}
		p.logFailure(ctx, "heartbeat of Script:"+header.Source, p.publisher.sendBare(ctx, it, 0))
	}
}

// update calls f, which may change the state, and sends what has changed.
func (p *ScriptQueue) update(ctx context.Context, f func(*scriptqueue.State) scriptqueue.Changes) {
	p.publishChanged(ctx, p.streams.update(f))
}

// publishChanged sends streams, or has them wait for the time of [WithCoalescing].
func (p *ScriptQueue) publishChanged(ctx context.Context, streams []scriptqueue.Stream) {
	for _, s := range streams {
		switch {
		case p.cfg.coalesce == 0 || s.Shows&scriptqueue.Scripts == 0:
			p.publishStream(ctx, s.Name)
		case !slices.Contains(p.waiting, s.Name):
			p.waiting = append(p.waiting, s.Name)
		}
	}
	if len(p.waiting) > 0 {
		select {
		case p.changed <- struct{}{}:
		default:
		}
	}
}

func (p *ScriptQueue) publishStream(ctx context.Context, name string) {
	p.logFailure(ctx, name, p.publisher.publishStored(ctx, name))
}

// flushLater sends waiting streams after the time of [WithCoalescing].
func (p *ScriptQueue) flushLater(ctx context.Context) {
	timer := p.cfg.clock.NewTimer(p.cfg.coalesce)
	defer timer.Stop()
	for {
		select {
		case <-p.changed:
		case <-ctx.Done():
			return
		}
		timer.Reset(p.cfg.coalesce)
		select {
		case <-timer.C():
		case <-ctx.Done():
			return
		}
		p.do(ctx, func() {
			for _, name := range p.waiting {
				p.publishStream(ctx, name)
			}
			p.waiting = nil
		})
	}
}

// HandleRequest implements [Producer]
// (docs/protocol/producer.md#script-queue-requests).
func (p *ScriptQueue) HandleRequest(ctx context.Context, r Request, to Sender) error {
	switch r.CSC {
	case p.scripts.Component().Name:
		if r.Stream != "logMessage" {
			return nil
		}
		return p.replyLogs(ctx, to)
	case scriptqueue.StateComponent:
		r.CSC = p.csc
	}
	if p.streams.has(r.Stream) && p.isFor(r) {
		return p.publisher.reply(ctx, to, r.Stream, origin{})
	}
	return p.CSC.HandleRequest(ctx, r, to)
}

// replyLogs sends the kept log messages of the running script.
func (p *ScriptQueue) replyLogs(ctx context.Context, to Sender) error {
	var items []item
	p.streams.withState(func(s *scriptqueue.State) {
		for _, l := range s.Logs() {
			items = append(items, p.logItem(l.Script, l.Item))
		}
	})
	return p.publisher.replyBare(ctx, to, items, 0)
}
