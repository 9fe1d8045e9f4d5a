// Package bench puts load on a LOVE-manager, ours or another, over real
// websockets, and measures what arrives.
//
// Messages are published at a constant rate. Each carries the time at which it
// was due, so that a manager that stalls is also charged for the messages that
// could not be sent meanwhile. Loss is found by sequence numbers. Payloads are
// never decoded: the benchmark searches them for a stamp of fixed form.
//
// [Load] publishes and subscribes. [InterleavedRuns] compares loads with and
// without something that may change them: a [StoppedReader], [SlowCommands], a [Query] or
// being [Compressed].
// [Idle] keeps connections open that do nothing, [Storm] connects many clients at
// once, and [Ceiling] measures the bare cost of writing to sockets, with which
// the others should be compared.
package bench
