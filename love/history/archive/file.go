package archive

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"os"
	"slices"
	"time"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/history"
)

// File is an MCAP file with streams of LOVE: of an archive, of a [Writer], or of another
// program with the same channels. It need not have been closed properly. It is safe for
// concurrent use.
type File struct {
	stored *stored
	index  *index
}

// OpenFile opens a file for reading; there is nothing to close. The error says what is
// wrong with a file that is not MCAP, of another version, or damaged.
func OpenFile(path string) (*File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	x, err := readIndex(f, info.Size(), false)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if !x.closed && len(x.chunks) > 0 {
		x.chunks[len(x.chunks)-1].channels = nil // some of its message indexes may be missing
	}
	return &File{&stored{path: path, size: info.Size(), end: math.MaxUint64}, x}, nil
}

// Closed reports whether the file was closed properly, and has a summary.
func (f *File) Closed() bool { return f.index.closed }

// Span returns the times of the first and the last message; ok is false if there is none.
func (f *File) Span() (span history.Span, ok bool) {
	start, end := f.index.span()
	return history.Span{From: timeOf(start), To: timeOf(end).Add(1)}, len(f.index.chunks) > 0
}

// Messages yields the messages of the file as [Archive.Messages] does. A zero From or To
// does not limit the span.
func (f *File) Messages(ctx context.Context, span history.Span, groups ...love.Group) iter.Seq2[Message, error] {
	v := &view{stored: []*stored{f.stored}, load: func(*stored) (*index, error) { return f.index, nil }}
	return func(yield func(Message, error) bool) { v.messages(ctx, complete(span), groups, yield) }
}

// complete replaces a zero time of a span by the first or the last that can be recorded.
func complete(span history.Span) history.Span {
	if span.From.IsZero() {
		span.From = time.Unix(0, 0)
	}
	if span.To.IsZero() {
		span.To = time.Date(2261, 12, 31, 0, 0, 0, 0, time.UTC)
	}
	return span
}

// Report is what [Verify] found in a file.
type Report struct {
	Closed   bool      `json:"closed"` // it has a summary
	Messages uint64    `json:"messages"`
	Streams  int       `json:"streams"`
	Chunks   int       `json:"chunks"`
	Bytes    int64     `json:"bytes"`
	First    time.Time `json:"first,omitzero"`
	Last     time.Time `json:"last,omitzero"`
	// Cut is how many bytes at the end of a file that was not closed are no complete chunk.
	Cut int64 `json:"cut"`
	// Problems are what is wrong, in words for people; none if everything agrees.
	Problems []string `json:"problems"`
}

// Verify reads a whole file: it unpacks each chunk, and compares its checksum, its times
// and its messages with the indexes. The error is about a file that cannot be read at
// all; what is wrong in it is among the problems.
func Verify(ctx context.Context, path string) (Report, error) {
	f, err := os.Open(path)
	if err != nil {
		return Report{}, err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return Report{}, err
	}
	r := Report{Bytes: info.Size(), Problems: []string{}}
	x, err := readIndex(f, info.Size(), false)
	if x == nil {
		return Report{}, fmt.Errorf("%s: %w", path, err)
	}
	if err != nil {
		r.Problems = append(r.Problems, err.Error())
	}
	r.Closed, r.Chunks, r.Cut = x.closed, len(x.chunks), info.Size()-x.end
	counts := map[uint16]uint64{}
	var u unpacker
	for _, c := range x.chunks {
		if err := ctx.Err(); err != nil {
			return r, err
		}
		b, err := u.readChunk(f, c)
		if err == nil {
			err = r.verifyChunk(b, &c, x, counts)
		}
		if err != nil {
			r.Problems = append(r.Problems, fmt.Sprintf("the chunk at byte %d: %v", c.offset, err))
		}
	}
	r.Streams = len(counts)
	for id, n := range x.counts {
		if x.closed && counts[id] != n {
			r.Problems = append(r.Problems, fmt.Sprintf("channel %d has %d messages, and %d by the statistics", id, counts[id], n))
		}
	}
	slices.Sort(r.Problems)
	return r, nil
}

// verifyChunk compares the messages of a chunk with its index.
func (r *Report) verifyChunk(b []byte, c *chunkInfo, x *index, counts map[uint16]uint64) error {
	var wrong []error
	note := func(format string, args ...any) {
		if len(wrong) < 3 {
			wrong = append(wrong, fmt.Errorf(format, args...))
		}
	}
	err := eachMessage(b, func(m message) error {
		switch {
		case m.logged < c.start || m.logged > c.end:
			note("a message is of %s, outside of the chunk's times", timeOf(m.logged).Format(time.RFC3339Nano))
		case x.channel(m.channel) == nil:
			note("a message is of the unknown channel %d", m.channel)
		case len(c.channels) > 0 && !c.has(m.channel):
			note("a message of channel %d is not in the index", m.channel)
		}
		r.Messages++
		counts[m.channel]++
		at := timeOf(m.logged)
		if r.First.IsZero() || at.Before(r.First) {
			r.First = at
		}
		if at.After(r.Last) {
			r.Last = at
		}
		return nil
	})
	return errors.Join(append(wrong, err)...)
}
