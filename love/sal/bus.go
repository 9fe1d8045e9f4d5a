package sal

import "context"

// Bus carries samples between domains; it is what a driver implements. Package
// sim has one in memory. What is common to all drivers (late joiners, index,
// order, commands) is in this package.
type Bus interface {
	// Publish hands a sample over. It returns when the bus has taken it, and
	// does not wait for readers. Samples of one topic arrive in the order in
	// which they were published.
	Publish(ctx context.Context, s *Sample) error
	// Subscribe begins to read topics: of each first its past, as far as
	// wanted, then all that follows, without a gap between the two.
	Subscribe(ctx context.Context, wants []Want) (Subscription, error)
}

// Want is one topic to read.
type Want struct {
	Topic *Topic
	// Past is how many of the samples that exist already to deliver first, the
	// newest ones, of all instances together; 0 for none.
	Past int
}

// Subscription is what a driver gives to one reader.
type Subscription interface {
	// Receive waits for deliveries. They stay valid until the next call. After
	// an error other than that of ctx nothing more comes.
	Receive(ctx context.Context) ([]Delivery, error)
	// Close ends the subscription; a waiting Receive need not notice.
	Close() error
}

// Delivery is a sample that arrived, or the end of a topic's past.
type Delivery struct {
	// Topic is that of the Want, also if the writer's definition is another.
	Topic *Topic
	// Sample has its private_rcvStamp set. It is nil exactly once for a topic
	// whose past was wanted: after the last sample of the past.
	Sample *Sample
}
