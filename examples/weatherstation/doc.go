// Command weatherstation is a small component of the observatory: a weather station
// that reads a file, one line of temperature and humidity per measurement, and
// tells them as ESS does.
//
//	weatherstation readings.csv
//
// It shows how a component is written with [sal.Controller]: events and
// telemetry by the interface definition, a command, log messages, a heartbeat.
// The bus here is one in memory, on which the program listens to itself; with
// another [sal.Bus] it is on the observatory's.
package main
