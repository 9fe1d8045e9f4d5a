// Package wire scans the JSON of LOVE's protocol without decoding it.
//
// The manager forwards values it never looks into, so all it needs of a
// message is where the names and the values begin and end. [Frame.Parse] finds that in
// one pass and returns slices of the input; the bytes of a value reach a
// subscriber as they came.
//
// The grammar is that of RFC 8259 plus the bare tokens NaN, Infinity and
// -Infinity, which Python producers write (manager protocol, section 2.5).
package wire
