package sal

import "context"

// Bus carries samples between domains. Drivers implement it; package sim has one
// in memory. What is common to all drivers (late joiners, index, order, commands)
// is in this package.
type Bus interface {
	// Publish writes a sample. It returns when the bus has accepted the sample and
	// does not wait for readers. Samples of one topic arrive in the order in which
	// they were published.
	Publish(ctx context.Context, s *Sample) error
	// Subscribe begins to read topics: first the wanted part of each topic's past,
	// then everything that follows, without a gap between the two.
	Subscribe(ctx context.Context, wants []Want) (Subscription, error)
}

// Want is one topic to read.
type Want struct {
	Topic *Topic
	// Past is the number of existing samples to deliver first: the newest ones, of
	// all instances together.
	Past int
}

// Subscription delivers samples to one reader.
type Subscription interface {
	// Receive waits for deliveries, which are valid until the next call. After an
	// error other than that of ctx, no more deliveries come.
	Receive(ctx context.Context) ([]Delivery, error)
	// Close ends the subscription; a waiting Receive need not notice.
	Close() error
}

// Delivery is a sample that arrived, or the end of a topic's past.
type Delivery struct {
	// Topic is the topic of the Want, even if the writer's definition differs.
	Topic *Topic
	// Sample has its private_rcvStamp set. It is nil exactly once for a topic
	// whose past was wanted: after the last sample of the past.
	Sample *Sample
}
