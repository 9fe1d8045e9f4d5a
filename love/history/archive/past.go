package archive

import (
	"cmp"
	"context"
	"iter"
	"math"
	"slices"

	"github.com/rubin-love/love-go/love"
)

// Has reports whether the message of a stream with a number of the hub, or a newer one,
// has been recorded. If not, it will be as soon as possible, rather than within a second.
func (a *Archive) Has(stream love.Group, number uint64) bool {
	if last, ok := a.newest(stream); ok && int32(last-uint32(number)) >= 0 {
		return true
	}
	a.queue.push(item{request: func() {}})
	return false
}

// Past yields what has been recorded of a stream, oldest first, without waiting for what
// has not; numbers of the hub count for what was recorded since the archive was opened.
// The last thing that is yielded may be an error, which is ctx's or wraps one of package
// history.
func (a *Archive) Past(ctx context.Context, pq love.PastQuery) iter.Seq2[love.PastMessage, error] {
	return func(yield func(love.PastMessage, error) bool) {
		if err := ctx.Err(); err != nil {
			yield(love.PastMessage{}, err)
			return
		}
		q := a.view().query(ctx)
		defer q.close()
		pieces, err := q.pieces(loggedAt(pq.After)+1, math.MaxUint64, selectsOne(pq.Stream))
		upTo := uint32(pq.UpTo)
		for i := range pieces {
			pieces[i].upTo = &upTo
		}
		start := loggedAt(pq.After) + 1
		if err == nil && (pq.Messages > 0 || pq.Bytes > 0) {
			start, err = q.startOfNewest(pieces, start, pq)
		}
		more := true
		if err == nil {
			pieces = slices.DeleteFunc(pieces, func(p piece) bool { return p.end < start })
			err = q.inOrder(pieces, start, math.MaxUint64, func(_ love.Group, m message) bool {
				more = yield(pastMessage(m, pq.UpTo), nil)
				return more
			})
		}
		if err != nil && more {
			yield(love.PastMessage{}, err)
		}
	}
}

func pastMessage(m message, upTo uint64) love.PastMessage {
	p := love.PastMessage{Value: love.RawValue(m.data), Recorded: timeOf(m.logged), Sent: timeOf(m.published)}
	if m.own {
		p.Number = upTo - uint64(uint32(upTo)-m.sequence)
	}
	return p
}

// sized is the time and the size of a message.
type sized struct {
	logged uint64
	bytes  int
}

// startOfNewest returns the time of the oldest of the newest messages that fit into the
// bounds of the query. It reads no more than that needs.
func (q *query) startOfNewest(pieces []piece, start uint64, pq love.PastQuery) (uint64, error) {
	byEnd(pieces)
	var found []sized
	var buffer []byte
	for i := range pieces {
		b, err := q.load(buffer, &pieces[i])
		if err == nil {
			err = pieces[i].each(b, start, math.MaxUint64, func(_ *love.Group, m message) {
				found = append(found, sized{m.logged, len(m.data)})
			})
		}
		if err != nil {
			return 0, err
		}
		if pieces[i].file != nil {
			buffer = b
		}
		slices.SortFunc(found, func(a, b sized) int { return cmp.Compare(b.logged, a.logged) })
		n := fitting(found, pq)
		if n < len(found) {
			found = found[:max(n, 1)]
			if last := found[len(found)-1].logged; i == len(pieces)-1 || last > pieces[i+1].end {
				return last, nil
			}
		}
	}
	return start, nil
}

// fitting returns how many of the messages fit.
func fitting(found []sized, pq love.PastQuery) int {
	bytes := 0
	for i, m := range found {
		bytes += m.bytes
		if pq.Messages > 0 && i == pq.Messages || pq.Bytes > 0 && bytes > pq.Bytes {
			return i
		}
	}
	return len(found)
}
