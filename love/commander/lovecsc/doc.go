// Package lovecsc is the LOVE CSC: LOVE's own component on SAL. Operators'
// observing logs come to it over HTTP (it is a [commander.Logbook]) and over
// the websocket ([CSC.Listen]); it writes each as the event observingLog, which
// then reaches every screen through the producer, as any event does (manager
// protocol, section 2.9).
package lovecsc
