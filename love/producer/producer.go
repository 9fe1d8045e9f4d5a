package producer

import "context"

// Producer is a source of data that a [Client] serves, usually one component. All
// methods but Run may be called at any time and from any goroutine.
type Producer interface {
	// Name returns the name of the producer in logs: "MTHexapod:1".
	Name() string
	// Subscriptions returns the names of the components whose initial_state requests
	// the producer wants; "all" is one of them
	// (docs/protocol/producer.md#subscriptions).
	Subscriptions() []string
	// InitialData sends the newest data, one message for each stream. It is called
	// after each connection, when the manager knows nothing yet.
	InitialData(ctx context.Context, to Sender) error
	// HandleRequest sends the requested stream if it is this producer's and there
	// is data. A request for another producer is not an error.
	HandleRequest(ctx context.Context, r Request, to Sender) error
	// Run sends data as it comes until ctx ends; then it returns nil. It keeps
	// sending while there is no manager; the Sender takes care of that.
	Run(ctx context.Context, to Sender) error
}

// Sender hands a message to the manager. It is safe for concurrent use and does
// not keep the JSON.
type Sender interface {
	Send(ctx context.Context, d Data) error
}
