// Package sim is a SAL bus in memory, and a simulated observatory on it.
//
// [NewBus] is the bus: history for late joiners, order, nothing lost. On it
// any program that uses package sal can be run and tested without the
// observatory. [Definitions] are interfaces of some components, embedded.
// [Observatory] is a set of components that live on a bus: a dome and a mount
// that slew to where they are commanded, weather that drifts, heartbeats,
// summary states and the commands between them.
package sim
