package producer

import "context"

const alarmTopic = "evt_alarm"

// Watcher is the producer of the component Watcher
// (docs/protocol/producer.md#watcher): a [CSC] that also keeps the last event of
// each alarm, even of cleared ones. It sends all of them as the stream "stream" to
// viewers that come later; the change of an alarm is sent as its event only. Use
// [NewWatcher].
type Watcher struct {
	*CSC
	alarms *alarms
}

var _ Producer = (*Watcher)(nil)

// NewWatcher returns the producer of the remote's component. The caller closes the
// remote.
func NewWatcher(remote Remote, opts ...CSCOption) *Watcher {
	p := &Watcher{CSC: NewCSC(remote, opts...)}
	p.alarms = newAlarms(p.csc)
	p.publisher.store(stored{item: item{header: p.alarms.header()}, key: onlyStream, render: p.alarms.render})
	p.after[alarmTopic] = func(_ context.Context, a arrival) {
		p.alarms.set(p.encoder(a.attr, a.sample.Topic()), a.sample)
	}
	return p
}

// HandleRequest implements [Producer].
func (p *Watcher) HandleRequest(ctx context.Context, r Request, to Sender) error {
	if r.Stream == onlyStream && p.isFor(r) {
		return p.publisher.reply(ctx, to, onlyStream, origin{})
	}
	return p.CSC.HandleRequest(ctx, r, to)
}
