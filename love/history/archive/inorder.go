package archive

import (
	"cmp"
	"container/heap"
	"context"
	"fmt"
	"io"
	"iter"
	"slices"
	"time"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/history"
)

// Message is one recorded message of a stream.
type Message struct {
	Group love.Group
	// Value is the JSON of the stream's value as it was published. In an iteration it is
	// valid until the next message.
	Value love.RawValue
	// Sequence is the lower half of the hub's number of the message in its stream, or of
	// one that the archive counted.
	Sequence  uint32
	Received  time.Time // when it was recorded: the log time
	Published time.Time // when its producer sent it; if that is not known, Received
}

func messageOf(g love.Group, m message) Message {
	return Message{
		Group: g, Value: love.RawValue(m.data), Sequence: m.sequence, Received: timeOf(m.logged), Published: timeOf(m.published),
	}
}

// Message returns the data message that the recorded one was a part of, or would have
// been.
func (m Message) Message() love.Message {
	index := love.IndexText(m.Group.SalIndex)
	if n, ok := index.Int(); ok {
		index = love.Index(n)
	}
	return love.Message{
		Category: m.Group.Category, ProducerSnd: love.UnixSeconds(m.Published),
		Data: []love.Item{{CSC: m.Group.CSC, SalIndex: index, Streams: []love.Stream{{Name: m.Group.Stream, Value: m.Value}}}},
	}
}

// Messages yields the messages of streams in a span, in the order of their time. Groups
// select streams as [history.Selects] does; without any, all are yielded. The last thing
// that is yielded may be an error, which is ctx's or wraps one of package history.
func (a *Archive) Messages(ctx context.Context, span history.Span, groups ...love.Group) iter.Seq2[Message, error] {
	return func(yield func(Message, error) bool) { a.view().messages(ctx, span, groups, yield) }
}

// Export writes the messages that [Archive.Messages] yields as an MCAP file, while it
// reads them.
func (a *Archive) Export(ctx context.Context, to io.Writer, span history.Span, groups ...love.Group) error {
	w := NewWriter(to)
	for m, err := range a.Messages(ctx, span, groups...) {
		if err != nil {
			return err
		}
		if err := w.Write(m); err != nil {
			return err
		}
	}
	return w.Close()
}

func (v *view) messages(ctx context.Context, span history.Span, groups []love.Group, yield func(Message, error) bool) {
	if err := cmp.Or(ctx.Err(), span.Check()); err != nil {
		yield(Message{}, err)
		return
	}
	q := v.query(ctx)
	defer q.close()
	wants := func(g love.Group) bool { return len(groups) == 0 || history.SelectsAny(groups, g) }
	start, end := loggedAt(span.From), loggedAt(span.To)
	pieces, err := q.pieces(start, end, wants)
	more := true
	if err == nil {
		err = q.inOrder(pieces, start, end, func(g love.Group, m message) bool {
			more = yield(messageOf(g, m), nil)
			return more
		})
	}
	if err != nil && more {
		yield(Message{}, err)
	}
}

// maxOverlap is how many bytes of chunks of the same time are held in memory. Those of an
// archive overlap only within a slab, or where the clock has gone back.
const maxOverlap = 128 << 20

// inOrder calls f for the messages of pieces in the order of their time, until it returns
// false. A piece is loaded when its first message is due.
func (q *query) inOrder(pieces []piece, start, end uint64, f func(love.Group, message) bool) error {
	slices.SortStableFunc(pieces, func(a, b piece) int { return cmp.Compare(a.start, b.start) })
	var due dueMessages
	for next, count, held := 0, 0, 0; next < len(pieces) || len(due) > 0; {
		if next < len(pieces) && (len(due) == 0 || pieces[next].start <= due[0].logged) {
			b, err := q.load(nil, &pieces[next])
			if err != nil {
				return err
			}
			of := &loadedPiece{bytes: len(b)}
			err = pieces[next].each(b, start, end, func(g *love.Group, m message) {
				of.left++
				count++
				due = append(due, dueMessage{m, g, count, of})
			})
			if err != nil {
				return err
			}
			if held += of.bytes; held > maxOverlap {
				return fmt.Errorf("%w: more than %d bytes of chunks have the same time", history.ErrTooMuch, maxOverlap)
			}
			if of.left == 0 {
				held -= of.bytes
			}
			heap.Init(&due)
			next++
			continue
		}
		m := heap.Pop(&due).(dueMessage)
		if m.of.left--; m.of.left == 0 {
			held -= m.of.bytes
		}
		if !f(*m.group, m.message) {
			return nil
		}
	}
	return nil
}

// dueMessage is a message that has been loaded.
type dueMessage struct {
	message
	group *love.Group
	order int // in which it was loaded
	of    *loadedPiece
}

type loadedPiece struct{ bytes, left int }

// dueMessages is a heap of messages, the next one at its top.
type dueMessages []dueMessage

func (d dueMessages) Len() int { return len(d) }
func (d dueMessages) Less(i, j int) bool {
	return cmp.Or(cmp.Compare(d[i].logged, d[j].logged), d[i].order-d[j].order) < 0
}
func (d dueMessages) Swap(i, j int) { d[i], d[j] = d[j], d[i] }
func (d *dueMessages) Push(m any)   { *d = append(*d, m.(dueMessage)) }
func (d *dueMessages) Pop() any {
	last := len(*d) - 1
	m := (*d)[last]
	(*d)[last] = dueMessage{}
	*d = (*d)[:last]
	return m
}
