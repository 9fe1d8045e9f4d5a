package producer

import "context"

// Producer is what [Client] needs of a producer: one source of data, mostly one
// component. All methods but Run may be called at any time, from any goroutine.
type Producer interface {
	// Name tells producers apart in logs: "MTHexapod:1".
	Name() string
	// Subscriptions are the component names whose initial_state requests the
	// producer wants to see; "all" is one of them (producer spec, section 4.3).
	Subscriptions() []string
	// InitialData sends what is known, one message for each stream, for a
	// manager that has just been connected to and knows nothing.
	InitialData(ctx context.Context, to Sender) error
	// HandleRequest sends what is asked for, if it is this producer's and
	// known. A request for somebody else is no error.
	HandleRequest(ctx context.Context, r Request, to Sender) error
	// Run sends data as it comes, until ctx ends; then it returns nil. It keeps
	// running, and sending, while there is no manager: that is to's concern.
	Run(ctx context.Context, to Sender) error
}

// Sender hands one encoded message to the manager. It is safe for concurrent
// use and does not keep msg.
type Sender interface {
	Send(ctx context.Context, msg []byte) error
}
