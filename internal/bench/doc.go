// Package bench puts load on a LOVE-manager, ours or another, over real
// websockets, and measures what arrives.
//
// Messages are published at a constant rate. Each carries the time at which it
// was due, so that a manager that stalls is also charged for the messages that
// could not be sent meanwhile. Loss is found by sequence numbers. Payloads are
// never decoded: a stamp of fixed form is searched in them.
//
// [Load] publishes and subscribes. [Turns] compares loads with and without
// something that may disturb them, a [StoppedReader] or [SlowCommands]. [Idle]
// holds connections that do nothing, [Storm] connects many clients at once, and
// [Ceiling] measures the bare cost of writing to sockets, against which the
// others are to be judged.
package bench
