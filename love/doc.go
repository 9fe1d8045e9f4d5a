// Package love is the vocabulary of LOVE's wire: categories, groups, messages,
// requests, commands and acknowledgements as Go values and their JSON, and the
// clock and time scales that go with them. It does no I/O and starts no
// goroutine; every other package uses it.
//
// A component (CSC) publishes streams: events and telemetry. A producer sends
// them to the manager in a [Message]; the manager delivers each stream to the
// [Group] of that name and to two broader ones:
//
//	event-ATDome-0-summaryState   one stream of one component
//	event-ATDome-0-all            all streams of one component
//	event-all-all-all             everything of a category
//
// Values of streams are kept as the bytes received ([RawValue]), because they
// may hold what strict JSON does not allow: Python producers write NaN and the
// infinities as bare words.
package love
