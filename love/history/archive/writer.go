package archive

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/rubin-love/love-go/love"
)

// Writer writes an MCAP file of messages in the order in which it gets them, like those
// of an archive. It is not safe for concurrent use. Use [NewWriter], and [Writer.Close]
// at the end; without that, the file can be read all the same, up to the last chunk.
type Writer struct {
	to       io.Writer
	offset   int64
	messages uint64
	missed   uint64
	groups   map[string]*uint32 // the last numbers of groups with all streams
	channels channels
	split    splitter
	current  records
	chunks   []chunkInfo
	encoder  *encoders
	started  bool
	buffer   []byte
	err      error // of an earlier write
}

// NewWriter returns a writer of a file. Each call of to.Write gets one chunk or more. If
// groups are given, they are the subscriptions whose deliveries [Writer.Record] gets: a
// message of which several of them deliver the same stream is recorded once.
func NewWriter(to io.Writer, groups ...love.Group) *Writer {
	return &Writer{to: to, encoder: newEncoders(), split: splitter{groups: groups}}
}

// Record writes the messages of a delivery. One that is not a data message, such as a
// heartbeat of the manager, is left out. An error that wraps [ErrNotRecorded] is about
// this delivery alone.
func (w *Writer) Record(d love.Delivery) error {
	var refused error
	err := w.split.split(d, &w.channels, func(c *channel, m message) {
		switch {
		case c == nil:
			refused = errTooManyStreams
		case len(m.data) > maxMessage:
			refused = tooLarge(c, m)
		default:
			w.count(d, c, m)
			w.add(c, m)
		}
	})
	if err == nil || errors.Is(err, errNotData) {
		err = refused
	}
	if w.err == nil && err != nil {
		err = fmt.Errorf("%w: of %s: %w", ErrNotRecorded, d.Group, err)
	}
	return w.added(err)
}

// count notes how many messages were published between the last one and this one, by the
// number that a hub counts for the stream or, of groups with all streams, for the group.
func (w *Writer) count(d love.Delivery, c *channel, m message) {
	if m.sequence == 0 {
		return
	}
	last := &c.last
	if strings.HasSuffix(d.Group, "-"+love.All) {
		if w.groups == nil {
			w.groups = map[string]*uint32{}
		}
		if last = w.groups[d.Group]; last == nil {
			last = new(uint32)
			w.groups[d.Group] = last
		}
	}
	if *last != 0 && m.sequence > *last {
		w.missed += uint64(m.sequence - *last - 1)
	}
	*last = m.sequence
}

// Missed returns how many messages were published between those that were recorded, by the
// numbers that the deliveries had (love.SubscribeOptions.Seq): while there was no
// connection, or because the subscriber was too slow.
func (w *Writer) Missed() uint64 { return w.missed }

// ErrNotRecorded reports a message that cannot be recorded; those after it can.
var ErrNotRecorded = errors.New("a message is not recorded")

// Messages returns how many messages the writer has, and of how many streams.
func (w *Writer) Messages() (messages uint64, streams int) { return w.messages, len(w.channels.list) }

// Bytes returns how many bytes have been written.
func (w *Writer) Bytes() int64 { return w.offset }

// Write writes one message.
func (w *Writer) Write(m Message) error {
	c := w.channels.ofGroup(m.Group, m.Value)
	if c == nil {
		return errTooManyStreams
	}
	w.add(c, message{sequence: m.Sequence, numbered: m.Sequence != 0, logged: loggedAt(m.Received), published: loggedAt(m.Published), data: m.Value})
	return w.added(nil)
}

var errTooManyStreams = fmt.Errorf("a file has at most %d streams", maxChannels)

func (w *Writer) add(c *channel, m message) {
	if c.counted++; !m.numbered {
		m.sequence = c.counted
	}
	m.channel = c.id
	w.current.add(m)
	w.messages++
}

func (w *Writer) added(err error) error {
	if err == nil && len(w.current.bytes) >= chunkBytes {
		return w.Flush()
	}
	return errors.Join(err, w.err)
}

// Flush closes the chunk, so that what was written so far can be read.
func (w *Writer) Flush() error {
	if w.err != nil || len(w.current.places) == 0 {
		return w.err
	}
	b := w.begin()
	for _, c := range w.channels.list {
		if !c.written {
			c.written = true
			b = appendChannel(b, c)
		}
	}
	b, info := appendChunk(b, w.offset, &w.current, w.encoder.fast)
	w.chunks = append(w.chunks, info)
	w.current.reset()
	return w.write(b)
}

// begin returns a buffer for what is written next, with what a file begins with.
func (w *Writer) begin() []byte {
	if w.started {
		return w.buffer[:0]
	}
	w.started = true
	return appendStart(w.buffer[:0])
}

func (w *Writer) write(b []byte) error {
	n, err := w.to.Write(b)
	w.offset += int64(n)
	w.buffer, w.err = b, err
	return err
}

// Close writes what is left and the summary. It does not close the underlying writer.
func (w *Writer) Close() error {
	if err := w.Flush(); err != nil {
		return err
	}
	err := w.write(appendSummary(w.begin(), w.offset, w.channels.list, w.chunks))
	if w.err == nil {
		w.err = errors.New("the file has been closed")
	}
	return err
}
