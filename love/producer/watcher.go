package producer

import (
	"context"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/sal"
)

const (
	alarmTopic  = "evt_alarm"
	alarmStream = "stream"
)

// Watcher is the producer of the component Watcher (producer spec, section 8):
// a [CSC] that also keeps the last event of each alarm, cleared ones too. All
// of them are the stream "stream", for viewers that come later; an alarm that
// changes is told by its event only. Use [NewWatcher].
type Watcher struct {
	*CSC

	// What follows is guarded by the turn.
	alarms map[string][]byte // the decorated fields, by name
	names  []string          // in order of first appearance
	stale  bool              // the stored object lacks alarms
}

// NewWatcher makes the producer of the remote's component. The remote stays the
// caller's to close.
func NewWatcher(remote Remote, opts ...Option) *Watcher {
	p := &Watcher{CSC: NewCSC(remote, opts...), alarms: map[string][]byte{}, stale: true}
	p.store(stored{key: alarmStream, category: love.CategoryEvent, render: p.render})
	p.then[alarmTopic] = p.heardAlarm
	return p
}

func (p *Watcher) heardAlarm(_ context.Context, s *sal.Sample) {
	e := p.encoder(s.Topic())
	p.turn.Lock()
	defer p.turn.Unlock()
	name := s.Text("name")
	old, known := p.alarms[name]
	if !known {
		p.names = append(p.names, name)
	}
	p.alarms[name] = e.appendFields(old[:0], s)
	p.stale = true
}

// render needs the turn.
func (p *Watcher) render(old love.RawValue) love.RawValue {
	if !p.stale {
		return old
	}
	p.stale = false
	dst := love.AppendText(append(old[:0], `{"csc":`...), p.csc)
	dst = append(dst, `,"salindex":0,"data":{"`+alarmStream+`":{"alarms":{`...)
	for i, name := range p.names {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(append(love.AppendText(dst, name), ':'), p.alarms[name]...)
	}
	return append(dst, "}}}}"...)
}

// HandleRequest implements [Producer].
func (p *Watcher) HandleRequest(ctx context.Context, r Request, to Sender) error {
	if index, ok := r.index(); ok && index == p.remote.Index() && r.CSC == p.csc && r.Stream == alarmStream {
		return p.resend(ctx, alarmStream, to)
	}
	return p.CSC.HandleRequest(ctx, r, to)
}
