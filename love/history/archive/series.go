package archive

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/history"
)

// Series implements [history.Source]. The time of a sample is when the archive's
// subscription got it.
func (a *Archive) Series(ctx context.Context, q history.SeriesQuery) ([]history.Series, error) {
	return a.view().series(ctx, q)
}

func (v *view) series(ctx context.Context, sq history.SeriesQuery) ([]history.Series, error) {
	if err := cmp.Or(ctx.Err(), sq.Check()); err != nil {
		return nil, err
	}
	q := v.query(ctx)
	defer q.close()
	start, end := loggedAt(sq.From), loggedAt(sq.To)
	pieces, err := q.pieces(start, end, selectsOne(sq.Stream))
	if err != nil {
		return nil, err
	}
	c := history.NewCollector(sq)
	var buffer []byte
	for i := range pieces {
		b, err := q.load(buffer, &pieces[i])
		if err == nil {
			err = pieces[i].each(b, start, end, func(_ *love.Group, m message) { c.Add(timeOf(m.logged), m.data) })
		}
		if err != nil {
			return nil, err
		}
		if pieces[i].file != nil {
			buffer = b
		}
	}
	if err := q.checkFields(sq.Stream, c.Unseen()); err != nil {
		return nil, err
	}
	return c.Series(), nil
}

// checkFields returns an error unless the stream exists, and its newest or its oldest
// message has the fields that the query has not seen.
func (q *query) checkFields(stream love.Group, unseen []string) error {
	if len(unseen) == 0 {
		return nil
	}
	pieces, err := q.pieces(0, math.MaxUint64, selectsOne(stream))
	if err != nil {
		return err
	}
	if !q.known[stream] {
		return fmt.Errorf("%w: the archive has nothing of %s", history.ErrUnknownStream, stream)
	}
	byEnd(pieces)
	// check reports whether a piece has messages of the stream: those in memory may have none.
	check := func(p *piece) (found bool, err error) {
		b, err := q.load(nil, p)
		if err != nil {
			return false, err
		}
		err = p.each(b, 0, math.MaxUint64, func(_ *love.Group, m message) {
			found = true
			for o := range history.Objects(m.data) {
				unseen = slices.DeleteFunc(unseen, func(f string) bool { _, ok := history.FieldOf(o, f); return ok })
			}
		})
		return found, err
	}
	newest := 0
	for found := false; newest < len(pieces) && !found; newest++ {
		if found, err = check(&pieces[newest]); err != nil || len(unseen) == 0 {
			return err
		}
	}
	for i, found := len(pieces)-1, false; i >= newest && !found; i-- {
		if found, err = check(&pieces[i]); err != nil || len(unseen) == 0 {
			return err
		}
	}
	return fmt.Errorf("%w: %s of %s", history.ErrUnknownField, strings.Join(unseen, ", "), stream)
}

// byEnd sorts pieces, those with the newest messages first.
func byEnd(pieces []piece) {
	slices.SortStableFunc(pieces, func(a, b piece) int { return cmp.Compare(b.end, a.end) })
}

// Newest implements [history.Source].
func (a *Archive) Newest(ctx context.Context, q history.NewestQuery) ([]history.Series, error) {
	return a.view().newest(ctx, q)
}

func (v *view) newest(ctx context.Context, nq history.NewestQuery) ([]history.Series, error) {
	if err := cmp.Or(ctx.Err(), nq.Check()); err != nil {
		return nil, err
	}
	q := v.query(ctx)
	defer q.close()
	end := uint64(math.MaxUint64)
	if !nq.Before.IsZero() {
		end = loggedAt(nq.Before)
	}
	pieces, err := q.pieces(0, end, selectsOne(nq.Stream))
	if err != nil {
		return nil, err
	}
	byEnd(pieces)
	all := make([]newestOf, len(nq.Fields))
	for i, name := range nq.Fields {
		all[i] = newestOf{name: name, n: nq.Limit()}
	}
	for i := range pieces {
		if !slices.ContainsFunc(all, func(f newestOf) bool { return f.needs(pieces[i].end) }) {
			break
		}
		b, err := q.load(nil, &pieces[i])
		if err == nil {
			err = pieces[i].each(b, 0, end, func(_ *love.Group, m message) {
				for j := range all {
					all[j].add(m)
				}
			})
		}
		if err != nil {
			return nil, err
		}
	}
	var unseen []string
	result := make([]history.Series, 0, len(all))
	for i := range all {
		result = append(result, history.Series{Field: all[i].name, Samples: all[i].sorted()})
		if len(all[i].found) == 0 {
			unseen = append(unseen, all[i].name)
		}
	}
	return result, q.checkFields(nq.Stream, unseen)
}

// newestOf collects the newest samples of a field.
type newestOf struct {
	name  string
	n     int
	found []history.Sample
}

// needs reports whether samples as old as end may be among the newest.
func (f *newestOf) needs(end uint64) bool {
	if len(f.found) < f.n {
		return true
	}
	f.sorted()
	return loggedAt(f.found[len(f.found)-1].Time) <= end
}

func (f *newestOf) add(m message) {
	for o := range history.Objects(m.data) {
		if v, ok := history.FieldOf(o, f.name); ok {
			f.found = append(f.found, history.Sample{Time: timeOf(m.logged), Value: slices.Clone(v)})
		}
	}
	if len(f.found) > 2*f.n+1000 {
		f.sorted()
	}
}

// sorted returns the newest samples, newest first, and forgets the others.
func (f *newestOf) sorted() []history.Sample {
	slices.SortStableFunc(f.found, func(a, b history.Sample) int { return b.Time.Compare(a.Time) })
	f.found = f.found[:min(len(f.found), f.n)]
	return f.found
}
