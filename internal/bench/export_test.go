package bench

import (
	"bytes"
	"net"
	"time"
)

// For the tests of parts that only the package's own code uses.

// Tally counts the sequence numbers: how many of the first n are lost, and how
// many came late or twice.
func Tally(n uint64, seqs ...uint64) (lost, reordered uint64) {
	var t tally
	for _, s := range seqs {
		t.count(s)
	}
	return t.lost(n), t.reordered
}

// FirstStamp returns the parts of the first stamp in a text.
func FirstStamp(text []byte) (publisher, stream int, seq uint64, due time.Duration, ok bool) {
	s, ok := findStamp(text)
	return s.publisher, s.stream, s.seq, s.due, ok
}

// MessageText is a published message.
func MessageText(category string, publisher, streams, size int, seq uint64, due time.Duration) []byte {
	return newMessage(category, publisher, streams, size).fill(seq, due)
}

// Request is the text of a subscription.
var Request = request

// RankSum is the test of significance.
var RankSum = rankSum

// ParseUsage reads the files of a process.
func ParseUsage(stat, status string) (cpu time.Duration, rss int64, err error) {
	u, err := parseUsage([]byte(stat), []byte(status))
	return u.cpu, u.rss, err
}

// Texts are the text messages that a manager sends with these bytes, and the
// error that ends them.
func Texts(sent []byte) (texts []string, err error) {
	c := &conn{Conn: source{r: bytes.NewReader(sent)}, buf: make([]byte, 8)}
	err = c.each(nil, func(text []byte) bool {
		texts = append(texts, string(text))
		return true
	})
	return texts, err
}

// source is a connection that has only what is read.
type source struct {
	net.Conn
	r *bytes.Reader
}

func (s source) Read(p []byte) (int, error)  { return s.r.Read(p) }
func (s source) Write(p []byte) (int, error) { return len(p), nil }
