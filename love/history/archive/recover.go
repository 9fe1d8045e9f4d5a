package archive

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// recover finds the files in the folder, and completes those that a killed process left.
func (a *Archive) recover() error {
	files, err := list(a.config.Dir)
	if err != nil {
		return err
	}
	for _, path := range files {
		s, err := openStored(path)
		if errors.Is(err, errForeign) && begun(path) {
			if err := errors.Join(os.Remove(path), os.RemoveAll(livePath(path))); err != nil {
				return err
			}
			continue
		}
		if errors.Is(err, errNotClosed) {
			if err = a.complete(path); err != nil {
				return fmt.Errorf("completing %s: %w", filepath.Base(path), err)
			}
			if s, err = openStored(path); errors.Is(err, os.ErrNotExist) {
				continue // nothing was in it
			}
		}
		if err != nil {
			a.log.Warn("a file in the folder of the archive is left alone: move it away", "file", path, "error", err)
			continue
		}
		a.stored = append(a.stored, s)
	}
	return a.removeLive()
}

// removeLive removes the live files of files that are closed: the process was killed
// between the two.
func (a *Archive) removeLive() error {
	live, err := filepath.Glob(filepath.Join(a.config.Dir, "love-*"+liveExtension))
	if err != nil {
		return err
	}
	for _, path := range live {
		main := strings.TrimSuffix(path, liveExtension) + extension
		if slices.ContainsFunc(a.stored, func(s *stored) bool { return s.path == main }) {
			if err := os.Remove(path); err != nil {
				return err
			}
		}
	}
	return nil
}

// complete completes a file that was not closed: it cuts off what was not complete, adds
// what is in the live file, and closes it.
func (a *Archive) complete(path string) (err error) {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, file.Close())
		}
	}()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	x, err := readIndex(file, info.Size(), true)
	if x == nil {
		return err // otherwise it is damaged behind what is complete
	}
	live, err := os.OpenFile(livePath(path), os.O_RDWR|os.O_CREATE, 0o640)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, live.Close())
		}
	}()
	rest, err := readLive(live)
	if err != nil {
		return err
	}
	p := a.resume(path, file, live, x, rest)
	cut := info.Size() - p.size
	if err := file.Truncate(p.size); err != nil {
		return err
	}
	recovered := 0
	for _, r := range p.full {
		recovered += len(r.places)
	}
	if len(p.chunks) == 0 && recovered == 0 {
		return errors.Join(file.Close(), live.Close(), os.Remove(path), os.Remove(livePath(path)))
	}
	if err := p.finish(); err != nil {
		return err
	}
	_, last := (&index{chunks: p.chunks}).span()
	a.log.Warn("the archive had not been closed: it is complete up to the last chunk", "file", path,
		"last_message", timeOf(last).Format("2006-01-02T15:04:05.000Z"), "messages_from_live_file", recovered,
		"bytes_cut", cut+rest.cut)
	return nil
}

// resume returns the part that a killed process was writing: with the file up to the last
// slab that is certainly complete, and the messages of the live file in memory.
func (a *Archive) resume(path string, file, live *os.File, x *index, rest liveContent) *part {
	day, _, _ := parsePath(path)
	p := newPart(path, day, a.encoders, a.config.Fields)
	p.file, p.live = file, live
	last := commit{end: x.begin}
	for _, c := range x.commits {
		// A slab whose live file is still there was not certainly on the disk.
		if rest.slab == 0 || c.slab < rest.slab {
			last = c
		}
	}
	p.size, p.chunks, p.slab = last.end, x.chunks[:last.chunks], last.slab+1
	for _, c := range x.channels[:last.channels] {
		p.channels.adopt(c)
	}
	if rest.slab != p.slab {
		return p // it had been written
	}
	for _, r := range rest.chunks {
		p.full = append(p.full, p.adopt(r, rest.index))
	}
	return p
}

// adopt returns the records of a live file as ones of the part.
func (p *part) adopt(b []byte, x *index) *records {
	r := &records{}
	// The chunk has been read once already, so that its records are whole.
	_ = eachMessage(b, func(m message) error {
		from := x.channel(m.channel)
		if from == nil {
			return nil
		}
		c := p.channels.lookup[from.group]
		if c == nil {
			c = p.channels.adopt(&channel{id: uint16(len(p.channels.list) + 1), group: from.group, schema: from.schema})
		}
		m.channel = c.id
		r.add(m)
		return nil
	})
	p.held += len(r.bytes)
	return r
}

// adopt adds a channel as it is.
func (c *channels) adopt(one *channel) *channel {
	c.init()
	c.list = append(c.list, one)
	c.lookup[one.group] = one
	return one
}

// liveContent is what is in a live file.
type liveContent struct {
	slab   int // 0 if there is nothing
	index  *index
	chunks [][]byte // their records
	cut    int64    // bytes behind the last chunk
}

// readLive reads a live file up to the last chunk that is complete.
func readLive(f *os.File) (liveContent, error) {
	info, err := f.Stat()
	if err != nil {
		return liveContent{}, err
	}
	x, err := readIndex(f, info.Size(), true)
	if errors.Is(err, errForeign) {
		return liveContent{cut: info.Size()}, nil // killed while it was begun
	}
	if x == nil {
		return liveContent{}, err
	}
	all := liveContent{slab: x.live, index: x, cut: info.Size() - x.end}
	var u unpacker
	for _, c := range x.chunks {
		b, err := u.readChunk(f, c)
		if err != nil {
			all.cut = info.Size() - c.offset
			break
		}
		all.chunks = append(all.chunks, b)
	}
	return all, nil
}

// readChunk returns the records of a chunk.
func (u *unpacker) readChunk(f io.ReaderAt, c chunkInfo) ([]byte, error) {
	if c.length < recordHeader || c.length > maxRecord {
		return nil, errCut
	}
	raw, err := readAt(f, c.offset, c.length)
	if err != nil {
		return nil, err
	}
	if opcode(raw[0]) != opChunk {
		return nil, fmt.Errorf("byte %d: there is no chunk", c.offset)
	}
	return u.unpack(nil, raw[recordHeader:])
}

// begun reports whether a process was killed while it made the file.
func begun(path string) bool {
	b, err := os.ReadFile(path)
	return err == nil && bytes.HasPrefix(appendStart(nil), b)
}
