// Package lovecsc is the LOVE CSC: LOVE's own component on SAL. It receives
// operators' observing logs over HTTP (it is a [commander.Logbook]) and over
// the websocket ([CSC.Listen]), and writes each as the event observingLog,
// which then reaches every screen through the producer, as any event does
// (docs/protocol/manager.md#observing-logs).
package lovecsc
