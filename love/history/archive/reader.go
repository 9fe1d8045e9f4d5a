package archive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/history"
)

// Reader is a [history.Source] of the folder of an archive into which another process may
// record at the same time. It writes nothing, and has what that process has written: all
// but the last second. It is safe for concurrent use. Use [NewReader].
type Reader struct {
	dir   string
	cache indexCache

	mu     sync.Mutex
	closed map[string]*stored
	open   map[string]*index // of the files that are being written, up to the last complete slab
	live   liveFile          // that was read last
}

// liveFile is what was read of a live file.
type liveFile struct {
	path     string
	modified time.Time
	content  []byte
	index    *index // nil if it has just been begun, or is being overwritten
}

// NewReader returns a reader of a folder. Nothing is read yet: a folder that does not
// exist makes queries end with [history.ErrUnavailable].
func NewReader(dir string) *Reader {
	return &Reader{dir: dir, closed: map[string]*stored{}, open: map[string]*index{}}
}

// Streams implements [history.Source].
func (r *Reader) Streams(ctx context.Context) ([]history.Stream, error) {
	v, err := r.view(ctx)
	if err != nil {
		return nil, err
	}
	return v.streams(ctx)
}

// Series implements [history.Source].
func (r *Reader) Series(ctx context.Context, q history.SeriesQuery) ([]history.Series, error) {
	v, err := r.view(ctx)
	if err != nil {
		return nil, err
	}
	return v.series(ctx, q)
}

// Newest implements [history.Source].
func (r *Reader) Newest(ctx context.Context, q history.NewestQuery) ([]history.Series, error) {
	v, err := r.view(ctx)
	if err != nil {
		return nil, err
	}
	return v.newest(ctx, q)
}

// Events implements [history.Source].
func (r *Reader) Events(ctx context.Context, q history.EventQuery) (history.Page, error) {
	v, err := r.view(ctx)
	if err != nil {
		return history.Page{}, err
	}
	return v.events(ctx, q)
}

// Messages yields messages as [Archive.Messages] does. A zero From or To does not limit
// the span.
func (r *Reader) Messages(ctx context.Context, span history.Span, groups ...love.Group) iter.Seq2[Message, error] {
	return func(yield func(Message, error) bool) {
		v, err := r.view(ctx)
		if err != nil {
			yield(Message{}, err)
			return
		}
		v.messages(ctx, complete(span), groups, yield)
	}
}

// view returns what the folder has now.
func (r *Reader) view(ctx context.Context) (*view, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	paths, err := list(r.dir)
	if err != nil {
		return nil, fmt.Errorf("%w: the archive %s: %w", history.ErrUnavailable, r.dir, err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	v := &view{load: r.cache.load}
	for _, path := range paths {
		s, parts, err := r.file(path)
		switch {
		case errors.Is(err, os.ErrNotExist), errors.Is(err, errForeign):
			continue // it became too old a moment ago, or an archive leaves it alone, too
		case err != nil:
			return nil, damaged(path, err)
		case s != nil:
			v.stored = append(v.stored, s)
		}
		v.parts = append(v.parts, parts...)
	}
	gone := func(path string, _ *stored) bool { return !slices.Contains(paths, path) }
	maps.DeleteFunc(r.closed, gone)
	return v, nil
}

// file returns what one file has: if it is being written, in parts.
func (r *Reader) file(path string) (*stored, []*partView, error) {
	if s := r.closed[path]; s != nil {
		return s, nil, nil
	}
	// The writer marks a slab in the file as complete before it empties the live file: what
	// is read of that first is whole, or the file has the slab.
	if err := r.readLive(livePath(path)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, nil, err
	}
	s, err := openStored(path)
	if !errors.Is(err, errNotClosed) {
		if err == nil {
			r.closed[path] = s
			delete(r.open, path)
		}
		return s, nil, err
	}
	x, err := r.slabs(path)
	if err != nil {
		return nil, nil, err
	}
	parts := []*partView{{path: path, index: *x}}
	if l := &r.live; l.index != nil && l.index.live > lastSlab(x) {
		parts = append(parts, &partView{path: l.path, index: *l.index, content: l.content})
	}
	return nil, parts, nil
}

// readLive reads a live file, unless it is as it was: a request may ask about many topics.
func (r *Reader) readLive(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		r.live = liveFile{}
		return err
	}
	if l := &r.live; l.path == path && l.modified.Equal(info.ModTime()) && int64(len(l.content)) == info.Size() {
		return nil
	}
	content, err := os.ReadFile(path)
	if err != nil {
		r.live = liveFile{}
		return err
	}
	r.live = liveFile{path: path, modified: info.ModTime(), content: content}
	r.live.index, _ = readIndex(bytes.NewReader(content), int64(len(content)), false)
	return nil
}

func lastSlab(x *index) int {
	if len(x.commits) == 0 {
		return 0
	}
	return x.commits[len(x.commits)-1].slab
}

// slabs returns the index of a file that is being written, up to the last slab that is
// complete. Only what is new since the last time is read.
func (r *Reader) slabs(path string) (*index, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	x := r.open[path]
	if x == nil {
		name, at, err := readStart(f, info.Size())
		if err != nil {
			return nil, err
		}
		x = &index{profile: name, begin: at, end: at}
	}
	more := *x
	more.counts = map[uint16]uint64{}
	more.channels, more.chunks = slices.Clone(x.channels), slices.Clone(x.chunks)
	if err := more.scan(f, x.end, info.Size()); err != nil {
		return nil, err
	}
	last := len(more.commits)
	if last == len(x.commits) {
		r.open[path] = x
		return x, nil
	}
	to := more.commits[last-1]
	more.end, more.channels, more.chunks = to.end, more.channels[:to.channels], more.chunks[:to.chunks]
	r.open[path] = &more
	return &more, nil
}

var _ history.Source = (*Reader)(nil)
