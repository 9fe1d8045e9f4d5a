package hub

import "time"

// Observer is notified of what the hub does, for metrics. Its methods are called
// on the hub's busiest paths, concurrently: they must not block. Embed
// [NopObserver] to implement only some. [Stats] has the counts without one.
type Observer interface {
	Opened(process bool)       // a session began
	Closed(reason CloseReason) // a session ended
	Received()                 // a client or this program published a data message
	Delivered(n int)           // n messages were written to a session
	Dropped(reason Drop, n int)
	Denied(reason Denial) // the hub did not do what a client asked
	Written(Write)        // messages were written to a connection
}

// Write is one write of messages to a connection.
type Write struct {
	// Age is how long before the end of the write the oldest of the messages had left its
	// producer, by the clocks of both (producer_snd). It is negative if no message says when,
	// within an hour.
	Age time.Duration
	// Waiting is how many bytes then still waited for the connection.
	Waiting int
}

// NopObserver is the [Observer] that does nothing; the default.
type NopObserver struct{}

// Opened implements [Observer].
func (NopObserver) Opened(bool) {}

// Closed implements [Observer].
func (NopObserver) Closed(CloseReason) {}

// Received implements [Observer].
func (NopObserver) Received() {}

// Delivered implements [Observer].
func (NopObserver) Delivered(int) {}

// Dropped implements [Observer].
func (NopObserver) Dropped(Drop, int) {}

// Denied implements [Observer].
func (NopObserver) Denied(Denial) {}

// Written implements [Observer].
func (NopObserver) Written(Write) {}
