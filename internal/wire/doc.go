// Package wire scans the JSON of LOVE's protocol without decoding it.
//
// The manager forwards values that it never looks into, so all it needs of a
// message is where the names and the values begin and end. [Message.Parse] finds
// them in one pass and returns slices of the input, so the bytes of a value
// reach a subscriber as the producer wrote them. [Members] and [Elements] walk
// through a value in the same way. Functions that take a scanned value must be given
// one that the package has accepted: they do not check it again.
//
// The grammar is that of RFC 8259 plus the bare tokens NaN, Infinity and -Infinity,
// which Python producers write (docs/protocol/manager.md#routing).
package wire
