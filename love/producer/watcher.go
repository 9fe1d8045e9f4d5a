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

// Watcher is the producer of the component Watcher (producer spec, section 8): a
// [CSC] that also keeps the last event of each alarm, even of cleared ones. It
// sends all of them as the stream "stream" to viewers that come later; the change
// of an alarm is sent as its event only. Use [NewWatcher].
type Watcher struct {
	*CSC

	// The fields below are guarded by the turn.
	alarms map[string][]byte // decorated fields of each alarm, by its name
	names  []string          // names of the alarms in order of first appearance
	stale  bool              // whether the stored object lacks a change
}

// NewWatcher returns the producer of the remote's component. The caller closes the
// remote.
func NewWatcher(remote Remote, opts ...CSCOption) *Watcher {
	p := &Watcher{CSC: NewCSC(remote, opts...), alarms: map[string][]byte{}, stale: true}
	header := Header{Category: love.CategoryEvent, CSC: p.csc, Streams: stateStream[:]}
	p.store(stored{key: alarmStream, header: header, render: p.render})
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

// render returns the object with all alarms, built over the bytes of old if it is
// stale. The caller holds the turn.
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
