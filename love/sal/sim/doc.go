// Package sim is a SAL bus in memory, and a simulated observatory on it.
//
// [NewBus] makes the bus, which keeps order and the history for late joiners, and
// delays samples if a test wants that. On it any program that uses package sal can be
// run and tested without the observatory.
//
// [Observatory] is a set of components on a bus: domes and mounts that slew as they
// are commanded and follow the sky until then, hexapods, weather that drifts, script
// queues that run scripts, and a Watcher that raises alarms about the others; each
// with its heartbeat, summary state and the commands between states. [Definitions]
// returns their interfaces. A test chooses what goes wrong, see [Fault]. Time is that
// of the domain's clock: in a bubble of testing/synctest a night passes in a second or
// two.
package sim
