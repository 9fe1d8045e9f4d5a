package bench

import (
	"bytes"
	"net"
	"time"
)

// The tests of parts that are not exported use these.

// CountLosses counts the sequence numbers: how many of the first n are lost, and
// how many arrived late or twice.
func CountLosses(n uint64, seqs ...uint64) (lost, reordered uint64) {
	var c lossCounter
	for _, s := range seqs {
		c.count(s)
	}
	return c.lost(n), c.reordered
}

// FirstStamp returns the parts of the first stamp in a text.
func FirstStamp(text []byte) (publisher, stream int, seq uint64, due time.Duration, ok bool) {
	s, ok := findStamp(text)
	return s.publisher, s.stream, s.seq, s.due, ok
}

// MessageText returns a published message.
func MessageText(category string, publisher, streams, size int, seq uint64, due time.Duration) []byte {
	return newMessage(category, publisher, streams, size).fill(seq, due)
}

// Request returns the text of a subscription.
var Request = request

// RankSum is the test of significance.
var RankSum = rankSum

// ParseUsage reads the files of a process.
func ParseUsage(stat, status string) (cpu time.Duration, rss int64, err error) {
	u, err := parseUsage([]byte(stat), []byte(status))
	return u.cpu, u.rss, err
}

// Texts returns the text messages in the bytes that a manager sends, and the
// error that ends them.
func Texts(sent []byte) (texts []string, err error) { return textsOf(sent, nil) }

// CompressedTexts is Texts where permessage-deflate was agreed on.
func CompressedTexts(sent []byte) (texts []string, err error) { return textsOf(sent, new(inflater)) }

func textsOf(sent []byte, in *inflater) (texts []string, err error) {
	c := &conn{Conn: received{r: bytes.NewReader(sent)}, buf: make([]byte, 8), inflater: in}
	err = c.each(nil, func(text []byte) bool {
		texts = append(texts, string(text))
		return true
	})
	return texts, err
}

// received is a connection on which the given bytes arrive.
type received struct {
	net.Conn
	r *bytes.Reader
}

func (c received) Read(p []byte) (int, error)  { return c.r.Read(p) }
func (c received) Write(p []byte) (int, error) { return len(p), nil }
