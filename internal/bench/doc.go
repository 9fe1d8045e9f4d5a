// Package bench puts load on a LOVE-manager, ours or another, over real
// websockets, and measures what arrives.
//
// Messages are published at a constant rate with the time at which each was
// due inside: a manager that stalls is charged for the messages that could not
// be sent meanwhile, too. Loss is found by sequence numbers. Payloads are never
// decoded; a stamp of fixed form is searched in them.
//
// [Load] publishes and subscribes, [Turns] compares loads with and without
// something that may disturb them ([StoppedReader], [SlowCommands]), [Idle] holds connections that do nothing, [Storm] has many
// connect at once, and [Ceiling] measures the bare cost of writing to sockets,
// against which the others are to be judged.
package bench
