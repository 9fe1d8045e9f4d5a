// Package sim is a SAL bus in memory, and a simulated observatory on it.
//
// [NewBus] is the bus: history for late joiners, order, latency if a test wants
// it. On it any program that uses package sal can be run and tested without the
// observatory. [Definitions] returns the interfaces of its components.
//
// [Observatory] is a set of components that live on a bus: domes and mounts
// that slew to where they are commanded and follow the sky until then,
// hexapods, weather that drifts, script queues whose scripts advance, a Watcher
// that raises alarms of what the others tell; each with heartbeat, summary
// state and the commands between states. What goes wrong can be chosen, see
// [Fault]. Time is that of the domain's clock: in a bubble of testing/synctest
// a night passes in a second or two.
package sim
