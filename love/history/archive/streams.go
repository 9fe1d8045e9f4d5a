package archive

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/history"
)

// Streams implements [history.Source]. First and Last are those of the chunks that the
// messages are in.
func (a *Archive) Streams(ctx context.Context) ([]history.Stream, error) {
	return a.view().streams(ctx)
}

func (v *view) streams(ctx context.Context) ([]history.Stream, error) {
	all := streamList{}
	for _, s := range v.stored {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		x, err := v.load(s)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, damaged(s.path, err)
		}
		for id, n := range x.counts {
			if c := x.channel(id); c != nil && n > 0 {
				all.of(c.group).Messages += n
			}
		}
		all.times(x)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	for _, p := range v.parts {
		for _, c := range p.index.chunks {
			for _, ch := range c.channels {
				all.of(p.index.channel(ch.id).group).Messages += uint64(ch.messages)
			}
		}
		all.times(&p.index)
		for _, m := range p.memory {
			_ = eachMessage(m.bytes, func(m message) error { // ours, in memory
				s := all.of(p.index.channel(m.channel).group)
				s.Messages++
				extend(s, m.logged, m.logged)
				return nil
			})
		}
	}
	return all.sorted(), ctx.Err()
}

type streamList map[love.Group]*history.Stream

func (l streamList) of(g love.Group) *history.Stream {
	s := l[g]
	if s == nil {
		s = &history.Stream{Group: g}
		l[g] = s
	}
	return s
}

// times extends the streams by the times of an index.
func (l streamList) times(x *index) {
	for i := range x.chunks {
		c := &x.chunks[i]
		for _, ch := range c.channels {
			if of := x.channel(ch.id); of != nil {
				extend(l.of(of.group), c.start, c.end)
			}
		}
	}
}

func extend(s *history.Stream, start, end uint64) {
	if t := timeOf(start); s.First.IsZero() || t.Before(s.First) {
		s.First = t
	}
	if t := timeOf(end); t.After(s.Last) {
		s.Last = t
	}
}

func (l streamList) sorted() []history.Stream {
	all := make([]history.Stream, 0, len(l))
	for _, s := range l {
		all = append(all, *s)
	}
	slices.SortFunc(all, func(a, b history.Stream) int { return strings.Compare(a.Group.String(), b.Group.String()) })
	return all
}
