// Package httpapi is what the HTTP APIs of this module have in common: answers
// and refusals as values, tables of methods, bodies that are read within a limit
// and a time, and what happens around each request: the log, panics, bodies
// that nobody reads. Which paths there are, and what refusals say, is each API's
// own.
package httpapi
