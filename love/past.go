package love

import "time"

// PastQuery asks for what was recorded of a stream before a subscription to it began.
type PastQuery struct {
	Stream Group
	After  time.Time // only messages recorded after it
	// UpTo is the hub's number ("seq") of the newest message that is wanted, of those that
	// this run of the hub has published; 0: none of them is.
	UpTo uint64
	// Messages and Bytes bound the answer to the newest messages, at least one, and to so
	// many bytes of values; 0: without limit.
	Messages, Bytes int
}

// PastMessage is one recorded message of a stream.
type PastMessage struct {
	Value    RawValue  // the JSON of the stream's value; valid until the next message
	Recorded time.Time // newer than that of the message before
	Sent     time.Time // by its producer; if that is not known, Recorded
	Number   uint64    // the hub's number; 0 if an earlier run of the hub published it
}
