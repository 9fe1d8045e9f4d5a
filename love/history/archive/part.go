package archive

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/rubin-love/love-go/love"
)

const (
	chunkBytes = 1 << 20 // a chunk is closed when it has so many bytes
	// liveChunkBytes is the same for a live file: compressing such a chunk takes less than a
	// millisecond, for which those who route messages may have to wait.
	liveChunkBytes = 128 << 10
	slabBytes      = 8 << 20 // what a live file holds at most
	// slabAge is how long messages stay in the live file at most.
	slabAge = 10 * time.Minute
	// sortedBytes is about the size of a chunk with several streams, sorted by them: a
	// query unpacks the chunks that its stream is in. A chunk with only one stream may have
	// chunkBytes.
	sortedBytes = 64 << 10
	// breath is the pause after each chunk of a slab. Compressing a slab takes a processor
	// for a tenth of a second otherwise, and those who route messages wait.
	breath = time.Millisecond
	// unhurried is how long messages take to fill a slab that is compressed better, for which
	// a hundredth of a processor is enough then.
	unhurried = 20 * time.Second
)

// part is one file that is being written. What has arrived last is in a slab: in memory
// for queries, and in a live file beside the file, in chunks as they came, in case the
// process is killed. When a slab is full, its messages are written to the file, sorted by
// stream. So a query about one stream reads little, and what is alike is compressed
// together; and the file loses nothing, because the live file is emptied only
// afterwards.
type part struct {
	path     string
	day      string
	file     *os.File // nil before the first message
	live     *os.File
	liveSize int64
	slab     int       // the number of the slab in memory, from 1
	begun    time.Time // when its first message came
	split    splitter
	encoders *encoders

	mu       sync.RWMutex // held to change what queries read
	channels channels
	chunks   []chunkInfo
	size     int64      // of the file, up to the last slab that is complete
	full     []*records // the chunks in the live file
	current  *records   // the chunk that is not closed yet
	held     int        // bytes of the slab
}

// encoders compress chunks: those of live files fast, the others well, or better where there
// is time. The best level of the module would need 34 MB of tables.
type encoders struct{ fast, good, better *zstd.Encoder }

func newEncoders() *encoders {
	encoder := func(level zstd.EncoderLevel) *zstd.Encoder {
		e, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(level), zstd.WithEncoderConcurrency(1),
			zstd.WithWindowSize(chunkBytes), zstd.WithEncoderCRC(false), zstd.WithLowerEncoderMem(true))
		if err != nil {
			panic(err) // the options are constant
		}
		return e
	}
	return &encoders{encoder(zstd.SpeedFastest), encoder(zstd.SpeedDefault), encoder(zstd.SpeedBetterCompression)}
}

// forSlab returns the encoder for a slab that messages took so long to fill.
func (e *encoders) forSlab(took time.Duration) *zstd.Encoder {
	if took < unhurried {
		return e.good
	}
	return e.better
}

// dayOf returns the day of observation of a time: from noon to noon UTC.
func dayOf(t time.Time) string { return t.UTC().Add(-12 * time.Hour).Format(time.DateOnly) }

const (
	extension     = ".mcap"
	liveExtension = ".live.mcap"
)

// pathOf returns the path of a file of a day, whose numbers begin at 1.
func pathOf(dir, day string, n int) string {
	return filepath.Join(dir, fmt.Sprintf("love-%s-%03d%s", day, n, extension))
}

// livePath returns the path of the live file of a file.
func livePath(path string) string { return strings.TrimSuffix(path, extension) + liveExtension }

// parsePath returns the day and the number of a file; ok is false if it has not the name
// of one of ours.
func parsePath(path string) (day string, n int, ok bool) {
	name, ok := strings.CutPrefix(filepath.Base(path), "love-")
	if !ok || !strings.HasSuffix(name, extension) || len(name) < len(time.DateOnly)+1 {
		return "", 0, false
	}
	day = name[:len(time.DateOnly)]
	n, err := strconv.Atoi(strings.TrimSuffix(name[len(time.DateOnly)+1:], extension))
	_, bad := time.Parse(time.DateOnly, day)
	return day, n, err == nil && bad == nil && name[len(time.DateOnly)] == '-' && n > 0
}

// newPart returns a part, without making its files.
func newPart(path, day string, e *encoders, fields func(love.Group) []Field) *part {
	return &part{path: path, day: day, slab: 1, encoders: e, current: &records{}, channels: channels{fields: fields}}
}

// open makes the files, unless there are some.
func (p *part) open() error {
	if p.file != nil {
		return nil
	}
	file, err := os.OpenFile(p.path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o640)
	if err != nil {
		return err
	}
	start := appendStart(nil)
	live, err := os.OpenFile(livePath(p.path), os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o640)
	if err == nil {
		_, err = file.Write(start)
	}
	if err != nil {
		err = errors.Join(err, file.Close(), os.Remove(p.path))
		if live != nil {
			err = errors.Join(err, live.Close(), os.Remove(live.Name()))
		}
		return err
	}
	p.mu.Lock()
	p.file, p.live, p.size = file, live, int64(len(start))
	p.mu.Unlock()
	return nil
}

// write appends to a file, all or nothing.
func write(f *os.File, b []byte, at int64) error {
	if _, err := f.WriteAt(b, at); err != nil {
		return errors.Join(err, f.Truncate(at))
	}
	return nil
}

// closeChunk writes the chunk that is not closed yet to the live file. If that fails,
// the chunk stays as it is.
func (p *part) closeChunk() error {
	if len(p.current.places) == 0 {
		return nil
	}
	if err := p.open(); err != nil {
		return err
	}
	var b []byte
	if p.liveSize == 0 {
		if err := p.live.Truncate(0); err != nil {
			return err
		}
		b = appendMetadata(appendStart(nil), liveName, map[string]string{slabKey: strconv.Itoa(p.slab)})
	}
	var added []*channel
	for _, pl := range p.current.places {
		if c := p.channels.list[pl.channel-1]; c.live != p.slab {
			c.live = p.slab
			added = append(added, c)
			b = appendChannel(b, c)
		}
	}
	b, _ = appendChunk(b, p.liveSize, p.current, p.encoders.fast)
	if err := write(p.live, b, p.liveSize); err != nil {
		for _, c := range added {
			c.live = 0
		}
		return err
	}
	p.liveSize += int64(len(b))
	p.mu.Lock()
	defer p.mu.Unlock()
	if cap(p.current.bytes) > len(p.current.bytes)*5/4 {
		p.current.bytes = slices.Clone(p.current.bytes)
	}
	p.full = append(p.full, p.current)
	p.current = &records{}
	return nil
}

// located is where a message of a slab lies.
type located struct {
	rank   int // of its channel
	logged uint64
	chunk  int
	offset uint32
}

// commit writes the slab to the file and empties the live file. If that fails, both stay
// as they are.
func (p *part) commit() error {
	if err := p.closeChunk(); err != nil {
		return err
	}
	if len(p.full) == 0 {
		return nil
	}
	var b []byte
	var fresh []*channel
	for _, c := range p.channels.list {
		if !c.written {
			fresh = append(fresh, c)
			b = appendChannel(b, c)
		}
	}
	b, chunks := p.sorted(b)
	b = appendMetadata(b, committedName, map[string]string{slabKey: strconv.Itoa(p.slab)})
	if err := write(p.file, b, p.size); err != nil {
		return err
	}
	if err := p.file.Sync(); err != nil {
		return errors.Join(err, p.file.Truncate(p.size))
	}
	for _, c := range fresh {
		c.written = true
	}
	p.mu.Lock()
	p.chunks = append(p.chunks, chunks...)
	p.size += int64(len(b))
	p.full, p.held = nil, 0
	p.mu.Unlock()
	p.slab++
	p.liveSize = 0
	return p.live.Truncate(0)
}

// sorted appends the messages of the slab, sorted by stream, as chunks.
func (p *part) sorted(b []byte) ([]byte, []chunkInfo) {
	all := p.locate()
	encoder := p.encoders.forSlab(timeOf(p.full[len(p.full)-1].end).Sub(p.begun))
	var infos []chunkInfo
	var out records
	several := false // streams in out
	flush := func() {
		if len(out.places) > 0 {
			var info chunkInfo
			b, info = appendChunk(b, p.size, &out, encoder)
			infos = append(infos, info)
			out.reset()
			time.Sleep(breath)
		}
	}
	for i, l := range all {
		record := p.full[l.chunk].bytes[l.offset:]
		n := recordLength(record)
		another := i > 0 && all[i-1].rank != l.rank
		if len(out.bytes)+n > chunkBytes || another && len(out.bytes) > sortedBytes/2 || several && len(out.bytes)+n > sortedBytes {
			flush()
			several = false
		} else if another {
			several = true
		}
		channel := uint16(record[recordHeader]) | uint16(record[recordHeader+1])<<8
		out.addRecord(place{l.logged, uint32(len(out.bytes)), channel}, record[:n])
	}
	flush()
	return b, infos
}

// locate returns where the messages of the slab lie, by stream and time.
func (p *part) locate() []located {
	byName := slices.Clone(p.channels.list)
	slices.SortFunc(byName, func(a, b *channel) int { return strings.Compare(a.group.String(), b.group.String()) })
	ranks := make([]int, len(byName)+1)
	for rank, c := range byName {
		ranks[c.id] = rank
	}
	n := 0
	for _, r := range p.full {
		n += len(r.places)
	}
	all := make([]located, 0, n)
	for i, r := range p.full {
		for _, pl := range r.places {
			all = append(all, located{ranks[pl.channel], pl.logged, i, pl.offset})
		}
	}
	slices.SortStableFunc(all, func(a, b located) int { return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(a.logged, b.logged)) })
	return all
}

// finish writes everything and the summary, and closes the file. If that fails, the part
// can go on.
func (p *part) finish() error {
	if err := p.commit(); err != nil {
		return err
	}
	if p.file == nil {
		return nil
	}
	summary := appendSummary(nil, p.size, p.channels.list, p.chunks)
	if err := write(p.file, summary, p.size); err != nil {
		return err
	}
	if err := p.file.Sync(); err != nil {
		return errors.Join(err, p.file.Truncate(p.size))
	}
	// Everything is on the disk; a live file that stays is removed by the next start.
	_ = errors.Join(p.file.Close(), p.live.Close(), os.Remove(p.live.Name()))
	return nil
}

// abandon closes the files as they are, for the next start to recover.
func (p *part) abandon() error {
	if p.file == nil {
		return nil
	}
	return errors.Join(p.file.Close(), p.live.Close())
}
