// Package httpapi has what the HTTP APIs of this module share: answers and refusals
// as values, tables of methods, reading a body within a limit and a timeout, and
// everything around a request: the log, panics, and bodies that are not read. Paths
// and the texts of refusals are left to each API.
package httpapi
