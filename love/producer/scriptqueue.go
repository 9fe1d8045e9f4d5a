package producer

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/sal"
)

// Commander sends the commands with which a [ScriptQueue] asks for schemas. A
// [*sal.Remote] that is not read-only can do so.
type Commander interface {
	Command(ctx context.Context, name string, values sal.Values, opts ...sal.CommandOption) (sal.Ack, error)
}

// ScriptQueue is the producer of a script queue (producer spec, section 7): a
// [CSC] that also listens to all scripts. It sends the state of the queue in
// streams of the component ScriptQueueState ([WithStreamLayout]), the heartbeats
// of the scripts in the stream "stream" of ScriptHeartbeats, and their log
// messages as the event logMessage of Script. Use [NewScriptQueue].
type ScriptQueue struct {
	*CSC
	scripts   Remote
	asks      Commander // takes the commands for schemas; nil if none are asked for
	documents []*document
	changed   chan struct{} // receives a token when a document waits to be sent

	// The fields below are guarded by the turn.
	state   *queueState
	logs    *encoder
	early   []*sal.Sample // events of scripts from before this producer began
	settled bool          // whether the start delay, in which these come, is over
	listed  bool          // whether the queue has listed its scripts
	asking  bool          // whether schemas are being asked for

	abort  context.CancelFunc // ends the round of asking; used by the goroutine of Run only
	rounds sync.WaitGroup     // rounds of asking for schemas
}

// document is a stream of the queue's state with its status.
type document struct {
	queueStream
	stale   bool // whether the stored object does not show the newest state
	waiting bool // whether it waits to be sent
}

// firstOfQueue lists the topics that have to be read first: they list the scripts
// to which the events of other topics refer.
var firstOfQueue = [...]string{"evt_availableScripts", "evt_queue"}

// scriptTopics lists the events of scripts that are read.
var scriptTopics = [...]string{"metadata", "state", "description", "checkpoints", "logLevel", "heartbeat", "logMessage"}

// NewScriptQueue returns the producer of a queue. scripts is a remote of the
// component Script with index 0. queue must be a [Commander] if schemas are to be
// asked for ([WithSchemas]). The caller closes both remotes.
func NewScriptQueue(queue, scripts Remote, opts ...ScriptQueueOption) (*ScriptQueue, error) {
	cfg := newConfig(opts)
	if n := cfg.finished; n != nil && *n < 0 {
		return nil, fmt.Errorf("a script queue cannot list %d finished scripts; give a number from 0", *n)
	}
	p := &ScriptQueue{
		CSC:     newCSC(queue, cfg),
		scripts: scripts,
		changed: make(chan struct{}, 1),
		state:   newQueueState(cfg.finishedLimit()),
		abort:   func() {},
	}
	if cfg.asksSchemas() {
		asks, ok := queue.(Commander)
		if !ok {
			return nil, fmt.Errorf("the schemas of %s cannot be asked for: its remote takes no commands", p.name)
		}
		p.asks = asks
	}
	for _, s := range queueStreams(cfg.layout) {
		d := &document{queueStream: s, stale: true}
		p.documents = append(p.documents, d)
		header := Header{
			Category: love.CategoryEvent, CSC: queueStateCSC, SalIndex: p.index, Streams: []string{s.name}, Replaceable: true,
		}
		p.store(stored{key: s.name, header: header, render: func(old love.RawValue) love.RawValue {
			return d.render(old, p.state, queue.Index())
		}})
	}
	p.first = firstOfQueue[:]
	p.then["evt_queue"] = p.heardQueue
	p.then["evt_script"] = p.heardScript
	p.then["evt_availableScripts"] = p.heardAvailable
	p.then["evt_configSchema"] = p.heardSchema
	return p, nil
}

func (d *document) render(old love.RawValue, q *queueState, index int) love.RawValue {
	if !d.stale {
		return old
	}
	d.stale = false
	return d.append(old, q, index)
}

// Subscriptions implements [Producer].
func (p *ScriptQueue) Subscriptions() []string {
	return []string{love.All, p.csc, queueStateCSC, p.scripts.Component().Name}
}

// Run implements [Producer].
func (p *ScriptQueue) Run(ctx context.Context, to Sender) error {
	ctx, cancel := context.WithCancel(ctx)
	defer p.rounds.Wait()
	var parts sync.WaitGroup
	defer parts.Wait()
	defer cancel()
	defer p.begin(to)()
	parts.Go(func() { p.watchScripts(ctx) })
	if p.cfg.coalesce > 0 {
		parts.Go(func() { p.flushAtLeisure(ctx) })
	}
	unsubscribe, err := p.hearScripts(ctx)
	defer unsubscribe()
	if err != nil {
		return err
	}
	return p.CSC.Run(ctx, to)
}

func (p *ScriptQueue) hearScripts(ctx context.Context) (unsubscribe func(), err error) {
	var attrs []string
	for _, name := range scriptTopics {
		attr := sal.Event.Prefix() + name
		if _, ok := p.scripts.Component().Topic(attr); ok { // other versions may lack some
			attrs = append(attrs, attr)
		}
	}
	return subscribeAll(p.scripts, attrs, func(_ string, s *sal.Sample) { p.heardFromScript(ctx, s) })
}

// markStale marks the documents that show what has changed, so that they are built
// anew before they are sent. The caller holds the turn.
func (p *ScriptQueue) markStale(what changes) {
	for _, d := range p.documents {
		d.stale = d.stale || d.tells&what != 0
	}
}

// tell sends the documents that show what has changed, at once or coalesced. The
// caller holds the turn.
func (p *ScriptQueue) tell(ctx context.Context, what changes) {
	p.markStale(what)
	for _, d := range p.documents {
		if d.tells&what == 0 {
			continue
		}
		if p.cfg.coalesce > 0 && d.tells&changedScripts != 0 {
			d.waiting = true
			continue
		}
		p.sendDocument(ctx, d)
	}
	if what != 0 && p.cfg.coalesce > 0 {
		select {
		case p.changed <- struct{}{}:
		default:
		}
	}
}

// sendDocument sends a document if the producer is running. The caller holds the
// turn.
func (p *ScriptQueue) sendDocument(ctx context.Context, d *document) {
	d.waiting = false
	if p.to == nil {
		return // Run has ended; the document stays stored
	}
	p.complain(ctx, d.name, p.sendStored(ctx, p.to, &p.stored[p.find(d.name, origin{})]))
}

// flushAtLeisure sends waiting documents after the time of [WithCoalescing].
func (p *ScriptQueue) flushAtLeisure(ctx context.Context) {
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
		p.flush(ctx)
	}
}

func (p *ScriptQueue) flush(ctx context.Context) {
	p.turn.Lock()
	defer p.turn.Unlock()
	for _, d := range p.documents {
		if d.waiting {
			p.sendDocument(ctx, d)
		}
	}
}

// HandleRequest implements [Producer] (producer spec, section 7.8).
func (p *ScriptQueue) HandleRequest(ctx context.Context, r Request, to Sender) error {
	switch r.CSC {
	case p.scripts.Component().Name:
		if r.Stream != "logMessage" {
			return nil
		}
		return p.sendLogs(ctx, to)
	case queueStateCSC:
		r.CSC = p.csc
	}
	isDocument := slices.ContainsFunc(p.documents, func(d *document) bool { return d.name == r.Stream })
	if index, ok := r.index(); isDocument && ok && r.CSC == p.csc && index == p.remote.Index() {
		return p.resend(ctx, r.Stream, to)
	}
	return p.CSC.HandleRequest(ctx, r, to)
}
