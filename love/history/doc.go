// Package history asks for the past: what streams there were, how a field went, what
// the newest values are, and which events there were in a span.
//
// A [Source] is where the past is kept. Package archive is one that needs nothing but a
// folder, package efd one over the observatory's InfluxDB, and [Memory] one for tests.
// Every implementation must pass lovetest.RunHistory.
//
// A stream is named by its [love.Group], as everywhere in LOVE, and a field by its name
// in the stream. An element of a list is a field, too, as in the EFD: "temperature3" is
// the element 3, from 0, of the list "temperature", unless there is a field of that name.
//
// All times are UTC. That of a sample is when it was recorded, not when its producer
// sent it, so that a producer's wrong clock changes no order.
package history
