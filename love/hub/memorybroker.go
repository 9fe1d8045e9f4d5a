package hub

import (
	"slices"
	"sync"
)

// MemoryBroker connects the hubs of one process. It is an [InterestBroker] that carries
// everything to all of them: a hub that attaches gets the last values of one that has
// been there.
type MemoryBroker struct {
	mu   sync.RWMutex
	hubs []*memoryLink
}

// NewMemoryBroker returns a broker for hubs of this process.
func NewMemoryBroker() *MemoryBroker { return &MemoryBroker{} }

// Publish implements [Broker]. It returns when every hub has routed the batch.
func (b *MemoryBroker) Publish(batch []Envelope) error {
	b.mu.RLock()
	defer b.mu.RUnlock()
	for _, l := range b.hubs {
		l.deliver(batch)
	}
	return nil
}

// Attach implements [Broker].
func (b *MemoryBroker) Attach(deliver func([]Envelope)) (detach func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.addLocked(&memoryLink{broker: b, deliver: deliver}).Detach
}

// AttachReceiver implements [InterestBroker].
func (b *MemoryBroker) AttachReceiver(r Receiver) Link {
	b.mu.Lock() // nothing is under way between the copy and the first batch
	defer b.mu.Unlock()
	for _, l := range b.hubs {
		if l.receiver != nil {
			learnAll(r, l.receiver)
			break
		}
	}
	return b.addLocked(&memoryLink{broker: b, deliver: r.Deliver, receiver: r})
}

func (b *MemoryBroker) addLocked(l *memoryLink) *memoryLink {
	b.hubs = append(b.hubs, l)
	return l
}

// learnAll tells one hub the last values of another.
func learnAll(to, from Receiver) {
	mark := to.Mark()
	for v := range from.LastValues(false) {
		to.Learn(Topic{}, mark, []LastValue{v})
	}
}

// memoryLink is a hub in a [MemoryBroker].
type memoryLink struct {
	broker   *MemoryBroker
	deliver  func([]Envelope)
	receiver Receiver // nil if it was attached without
}

// Want implements [Link]: a hub has the last values of everything.
func (*memoryLink) Want(Topic) (ready bool) { return true }

// Unwant implements [Link].
func (*memoryLink) Unwant(Topic) {}

// Detach implements [Link].
func (l *memoryLink) Detach() {
	b := l.broker
	b.mu.Lock()
	defer b.mu.Unlock()
	b.hubs = slices.DeleteFunc(b.hubs, func(other *memoryLink) bool { return other == l })
}
