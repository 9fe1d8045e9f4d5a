package archive

import (
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/history"
)

// Events implements [history.Source].
func (a *Archive) Events(ctx context.Context, q history.EventQuery) (history.Page, error) {
	return a.view().events(ctx, q)
}

func (v *view) events(ctx context.Context, eq history.EventQuery) (history.Page, error) {
	if err := cmp.Or(ctx.Err(), eq.Check()); err != nil {
		return history.Page{}, err
	}
	before, err := parsePosition(eq.Before)
	if err != nil {
		return history.Page{}, err
	}
	q := v.query(ctx)
	defer q.close()
	start, end := loggedAt(eq.From), loggedAt(eq.To)
	pieces, err := q.pieces(start, end, func(g love.Group) bool { return history.SelectsAny(eq.Streams, g) })
	if err != nil {
		return history.Page{}, err
	}
	byEnd(pieces)
	c := newestRecords{n: eq.PageSize() + 1, before: before}
	var buffer []byte
	for i := range pieces {
		if c.full() && c.found[len(c.found)-1].logged > pieces[i].end {
			break
		}
		b, err := q.load(buffer, &pieces[i])
		if err == nil {
			err = pieces[i].each(b, start, end, c.add)
		}
		if err != nil {
			return history.Page{}, err
		}
		if pieces[i].file != nil {
			buffer = b
		}
	}
	return c.page(), nil
}

// position is the place of a record in the order of all: newest first.
type position struct {
	logged   uint64
	sequence uint32
	element  int // of the list that the message is
	group    string
}

// compare is negative if p comes before o, that is, if it is newer.
func (p position) compare(o position) int {
	return cmp.Or(cmp.Compare(o.logged, p.logged), cmp.Compare(p.group, o.group), cmp.Compare(o.sequence, p.sequence), cmp.Compare(o.element, p.element))
}

func (p position) String() string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%d %d %d %s", p.logged, p.sequence, p.element, p.group))
}

// parsePosition reads what position.String wrote; the empty text is before all records.
func parsePosition(text string) (p position, err error) {
	if text == "" {
		return position{logged: math.MaxUint64}, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err == nil {
		var n int
		_, err = fmt.Sscanf(string(raw), "%d %d %d", &p.logged, &p.sequence, &p.element)
		for range 3 {
			_, after, _ := strings.Cut(string(raw[n:]), " ")
			n = len(raw) - len(after)
		}
		p.group = string(raw[n:])
	}
	if err != nil {
		return p, fmt.Errorf("%w: \"before\" is %q: give the \"next\" of a page", history.ErrQuery, text)
	}
	return p, nil
}

// newestRecords collects the newest records behind a position.
type newestRecords struct {
	n      int
	before position
	found  []foundRecord // ordered once there are n
	floor  position      // the last of the newest n when they were sorted
}

type foundRecord struct {
	position
	of     love.Group
	object []byte
}

func (c *newestRecords) full() bool {
	if len(c.found) < c.n {
		return false
	}
	c.sort()
	return true
}

func (c *newestRecords) add(g *love.Group, m message) {
	p := position{logged: m.logged, sequence: m.sequence, group: g.String()}
	for o := range history.Objects(m.data) {
		if p.compare(c.before) > 0 && (len(c.found) < c.n || c.floor.logged <= p.logged) {
			c.found = append(c.found, foundRecord{p, *g, slices.Clone(o)})
		}
		p.element++
	}
	if len(c.found) > 2*c.n+1000 {
		c.sort()
	}
}

func (c *newestRecords) sort() {
	slices.SortFunc(c.found, func(a, b foundRecord) int { return a.compare(b.position) })
	if len(c.found) > c.n {
		clear(c.found[c.n:])
		c.found = c.found[:c.n]
	}
	if len(c.found) == c.n {
		c.floor = c.found[c.n-1].position
	}
}

// page returns the page; there is one record too many if there is another page.
func (c *newestRecords) page() history.Page {
	c.sort()
	page := history.Page{Records: []history.Record{}}
	for i, r := range c.found {
		if i == c.n-1 {
			page.Next = c.found[i-1].String()
			break
		}
		page.Records = append(page.Records, history.Record{Time: timeOf(r.logged), Group: r.of, Fields: history.PlainFields(r.object)})
	}
	return page
}
