package archive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/history"
)

// view is what an archive, a folder of one, or one file has at one moment.
type view struct {
	stored []*stored
	load   func(*stored) (*index, error)
	parts  []*partView // of the file that is being written
}

// partView is what a file that is being written has at one moment.
type partView struct {
	path    string
	index   index
	content []byte // of the file, if it is not read from the disk
	memory  []memoryChunk
}

// memoryChunk is a chunk that is in memory only.
type memoryChunk struct {
	bytes      []byte
	start, end uint64
}

func (a *Archive) view() *view {
	a.mu.RLock()
	defer a.mu.RUnlock()
	v := &view{stored: slices.Clone(a.stored), load: a.cache.load}
	if a.part != nil {
		v.parts = append(v.parts, a.part.view())
	}
	return v
}

func (p *part) view() *partView {
	p.mu.RLock()
	defer p.mu.RUnlock()
	v := &partView{path: p.path, index: index{channels: p.channels.list, chunks: p.chunks}}
	for _, r := range append(slices.Clone(p.full), p.current) {
		if len(r.bytes) > 0 {
			v.memory = append(v.memory, memoryChunk{r.bytes, r.start, r.end})
		}
	}
	return v
}

// piece is a part of a view with messages that a query may want.
type piece struct {
	start, end uint64
	file       *openFile // nil if it is in memory
	chunk      chunkInfo
	memory     []byte
	wanted     map[uint16]*love.Group
	own        bool    // recorded since the archive was opened
	upTo       *uint32 // of those, the number of the newest that is wanted; nil: all are
}

// openFile is a file that a query reads. It is opened when it is needed.
type openFile struct {
	path string
	own  bool // recorded since the archive was opened
	f    file
}

func fileOf(path string, own bool) *openFile { return &openFile{path: path, own: own} }

// file is an os.File, or one in memory.
type file interface {
	io.ReaderAt
	io.Closer
}

type memoryFile struct{ *bytes.Reader }

func (memoryFile) Close() error { return nil }

// query is one query that is under way.
type query struct {
	ctx    context.Context
	view   *view
	files  []*openFile
	raw    []byte
	chunks unpacker
	known  map[love.Group]bool // the streams that were asked for and exist
}

func (v *view) query(ctx context.Context) *query {
	return &query{ctx: ctx, view: v, known: map[love.Group]bool{}}
}

func (q *query) close() {
	for _, f := range q.files {
		if f.f != nil {
			_ = f.f.Close()
		}
	}
}

// pieces returns the pieces with messages of wanted streams from start to before end.
func (q *query) pieces(start, end uint64, wants func(love.Group) bool) ([]piece, error) {
	var all []piece
	for _, s := range q.view.stored {
		if s.end < start || s.start >= end {
			continue
		}
		if err := q.ctx.Err(); err != nil {
			return nil, err
		}
		x, err := q.view.load(s)
		if errors.Is(err, os.ErrNotExist) {
			continue // it became too old a moment ago
		}
		if err != nil {
			return nil, damaged(s.path, err)
		}
		all = q.add(all, fileOf(s.path, s.own), x, start, end, wants)
	}
	for _, p := range q.view.parts {
		f := fileOf(p.path, true)
		if p.content != nil {
			f.f = memoryFile{bytes.NewReader(p.content)}
		}
		all = q.add(all, f, &p.index, start, end, wants)
		wanted := q.wanted(&p.index, wants)
		for _, m := range p.memory {
			if len(wanted) > 0 && m.end >= start && m.start < end {
				all = append(all, piece{start: m.start, end: m.end, memory: m.bytes, wanted: wanted, own: true})
			}
		}
	}
	return all, nil
}

// wanted returns the wanted streams of a file by the IDs of their channels.
func (q *query) wanted(x *index, wants func(love.Group) bool) map[uint16]*love.Group {
	ids := map[uint16]*love.Group{}
	for _, c := range x.channels {
		if wants(c.group) {
			ids[c.id] = &c.group
			q.known[c.group] = true
		}
	}
	return ids
}

func (q *query) add(all []piece, f *openFile, x *index, start, end uint64, wants func(love.Group) bool) []piece {
	wanted := q.wanted(x, wants)
	if len(wanted) == 0 {
		return all
	}
	q.files = append(q.files, f)
	for _, c := range x.chunks {
		if c.end < start || c.start >= end {
			continue
		}
		has := len(c.channels) == 0 // another program wrote no message index
		for i := 0; i < len(c.channels) && !has; i++ {
			_, has = wanted[c.channels[i].id]
		}
		if has {
			all = append(all, piece{start: c.start, end: c.end, file: f, chunk: c, wanted: wanted, own: f.own})
		}
	}
	return all
}

// load returns the records of a piece; they are in dst, or in the memory of the archive.
func (q *query) load(dst []byte, p *piece) ([]byte, error) {
	if err := q.ctx.Err(); err != nil {
		return nil, err
	}
	if p.file == nil {
		return p.memory, nil
	}
	if p.file.f == nil {
		f, err := os.Open(p.file.path)
		if errors.Is(err, os.ErrNotExist) {
			return nil, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%w: %w", history.ErrUnavailable, err)
		}
		p.file.f = f
	}
	if p.chunk.length < recordHeader || p.chunk.length > maxRecord {
		return nil, damaged(p.file.path, errCut)
	}
	q.raw = slices.Grow(q.raw[:0], int(p.chunk.length))[:p.chunk.length]
	if _, err := p.file.f.ReadAt(q.raw, p.chunk.offset); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, damaged(p.file.path, err)
	}
	b, err := q.chunks.unpack(dst[:0], q.raw[recordHeader:])
	if err != nil {
		return nil, damaged(p.file.path, fmt.Errorf("byte %d: %w", p.chunk.offset, err))
	}
	return b, nil
}

// each calls f for each message of a piece that is wanted and in the span.
func (p *piece) each(b []byte, start, end uint64, f func(*love.Group, message)) error {
	err := eachMessage(b, func(m message) error {
		if m.logged < start || m.logged >= end {
			return nil
		}
		if p.own && p.upTo != nil && int32(m.sequence-*p.upTo) > 0 {
			return nil
		}
		if g, ok := p.wanted[m.channel]; ok {
			m.own = p.own
			f(g, m)
		}
		return nil
	})
	if err != nil && p.file != nil {
		return damaged(p.file.path, err)
	}
	return err
}

// damaged returns an error about a file that cannot be read.
func damaged(path string, err error) error {
	return fmt.Errorf("%w: %s is damaged: %w: move it out of the folder", history.ErrUnavailable, filepath.Base(path), err)
}
