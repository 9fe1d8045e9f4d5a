// Command weatherstation is a small component of the observatory: a weather station
// that reads a file, one line of temperature and humidity per measurement, and
// writes them as ESS does.
//
//	weatherstation readings.csv
//
// It shows how to write a component with [sal.Controller]: events and telemetry
// as in the interface definition, a command, log messages, a heartbeat. The bus
// is in memory, and the program reads it itself; with another [sal.Bus] the
// component is on the observatory's.
package main
