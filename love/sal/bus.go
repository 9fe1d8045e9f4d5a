package sal

import (
	"context"
	"slices"
)

// Bus carries samples between domains. Drivers implement it; package sim has one
// in memory. What all drivers have in common (late joiners, index, order, commands)
// is in this package. A driver may also implement [Announcer] and [HistorySizer].
type Bus interface {
	// Publish writes a sample. It returns when the bus has accepted the sample and
	// does not wait for readers. Samples of one topic arrive in the order in which
	// they were published. The error is a [*NotWrittenError] if the sample was
	// certainly not written, and never will be; after any other error it may have
	// been. Nothing is written after ctx has ended.
	Publish(ctx context.Context, s *Sample) error
	// Subscribe begins to read topics: first the requested history of each topic,
	// then everything that follows, without a gap between the two.
	Subscribe(ctx context.Context, topics []TopicRequest) (Subscription, error)
}

// TopicRequest is one topic to read.
type TopicRequest struct {
	Topic *Topic
	// History is the number of existing samples to deliver first: the newest ones, of
	// all instances together.
	History int
}

// Subscription delivers samples to one reader.
type Subscription interface {
	// Receive waits for deliveries, which are valid until the next call. After an
	// error other than that of ctx, no more deliveries come.
	Receive(ctx context.Context) ([]Delivery, error)
	// Close ends the subscription; a waiting Receive need not notice.
	Close() error
}

// Delivery is a sample that arrived, or the end of a topic's history.
type Delivery struct {
	// Topic is the topic of the request, even if the writer's definition differs.
	Topic *Topic
	// Sample has its private_rcvStamp set. It is nil exactly once for a topic whose
	// history was requested: after the last sample of the history.
	Sample *Sample
}

// Announcer is a [Bus] that wants to know which topics will be written before the
// first sample, so that it can make topics and register schemas early and no command
// must wait for that. Remotes and controllers announce their topics when they start,
// and fail to start if that fails.
type Announcer interface {
	Announce(ctx context.Context, topics []*Topic) error
}

// HistorySizer is a [Bus] with a setting of its own for how many samples of an event
// to look back for the newest of each instance of an indexed component. For any other
// bus, remotes look back 500 samples. See also [WithHistory].
type HistorySizer interface {
	HistorySize(component string) int
}

// defaultHistory is the number of samples to look back on a bus that is not a
// [HistorySizer].
const defaultHistory = 500

func (d *Domain) historySize(component string) int {
	if bus, ok := d.bus.(HistorySizer); ok {
		return bus.HistorySize(component)
	}
	return defaultHistory
}

// announce announces the topics of a component that will be written.
func (d *Domain) announce(ctx context.Context, c *Component, kinds ...Kind) error {
	bus, ok := d.bus.(Announcer)
	if !ok {
		return nil
	}
	var topics []*Topic
	for _, t := range c.Topics {
		if slices.Contains(kinds, t.Kind) {
			topics = append(topics, t)
		}
	}
	if len(topics) == 0 {
		return nil
	}
	return bus.Announce(ctx, topics)
}
