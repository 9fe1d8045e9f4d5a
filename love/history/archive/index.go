package archive

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/rubin-love/love-go/love"
)

// index is what a file has, and where.
type index struct {
	profile       string
	channels      []*channel // ordered by ID
	counts        map[uint16]uint64
	chunks        []chunkInfo
	schemas       map[uint16][]byte // nil if they are not needed
	end           int64             // behind the last record that is complete
	closed        bool              // the file has its summary
	begin         int64             // of the records
	commits       []commit
	chunkUnpacker unpacker // of a scan
	live          int      // the slab that a live file holds; 0 if it is none
}

// commit is a place in a file up to which a slab is complete.
type commit struct {
	slab     int
	end      int64
	channels int
	chunks   int
}

// The names of the metadata records that an archive needs itself.
const (
	committedName = "love.slab" // this slab is complete
	liveName      = "love.live" // this file has the beginning of that slab
	slabKey       = "slab"
)

func (x *index) channel(id uint16) *channel {
	i, ok := slices.BinarySearchFunc(x.channels, id, func(c *channel, id uint16) int { return int(c.id) - int(id) })
	if !ok {
		return nil
	}
	return x.channels[i]
}

func (x *index) addChannel(content []byte) error {
	c := cursor{b: content}
	id, schema := c.u16(), c.u16()
	topic, encoding := c.text(), c.text()
	values := c.texts()
	if err := c.err(); err != nil {
		return err
	}
	i, known := slices.BinarySearchFunc(x.channels, id, func(c *channel, id uint16) int { return int(c.id) - int(id) })
	if known || encoding != "json" {
		return nil
	}
	g := love.Group{Category: love.Category(values["category"]), CSC: values["csc"], SalIndex: values["salindex"], Stream: values["stream"]}
	if g.Category == "" || g.CSC == "" || g.SalIndex == "" || g.Stream == "" {
		var err error
		if g, err = love.ParseGroup(topic); err != nil {
			return nil // of another program; not a stream of LOVE
		}
	}
	x.channels = slices.Insert(x.channels, i, &channel{id: id, group: g, schema: x.schemas[schema], written: true})
	return nil
}

func (x *index) addSchema(content []byte) error {
	if x.schemas == nil {
		return nil
	}
	c := cursor{b: content}
	id := c.u16()
	c.text()
	c.text()
	x.schemas[id] = bytes.Clone(c.block())
	return c.err()
}

// size returns about how much memory the index takes.
func (x *index) size() (bytes int) {
	for i := range x.chunks {
		bytes += 112 + 16*cap(x.chunks[i].channels)
	}
	return bytes + 300*len(x.channels)
}

// span returns the oldest and the newest time; 0 and 0 if there is no message.
func (x *index) span() (start, end uint64) {
	for i, c := range x.chunks {
		if i == 0 {
			start = c.start
		}
		start, end = min(start, c.start), max(end, c.end)
	}
	return start, end
}

// errForeign is about a file that is not one of ours.
var errForeign = errors.New("not an MCAP file of this version")

// readAt reads n bytes at an offset.
func readAt(r io.ReaderAt, offset, n int64) ([]byte, error) {
	b := make([]byte, n)
	if _, err := r.ReadAt(b, offset); err != nil {
		return nil, fmt.Errorf("byte %d: %w", offset, err)
	}
	return b, nil
}

// readStart reads what a file begins with, and returns its profile and where the
// records begin.
func readStart(r io.ReaderAt, size int64) (name string, at int64, err error) {
	head := make([]byte, min(size, 4096))
	if _, err := r.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return "", 0, err
	}
	if !bytes.HasPrefix(head, []byte(magic)) {
		return "", 0, fmt.Errorf("%w: it does not begin like one", errForeign)
	}
	c := cursor{b: head[len(magic):]}
	op := c.take(1)
	length := c.size()
	inner := cursor{b: c.take(uint64(length))}
	name = inner.text()
	if c.bad || inner.bad || opcode(op[0]) != opHeader {
		return "", 0, fmt.Errorf("%w: it has no header", errForeign)
	}
	return name, int64(len(magic)) + recordHeader + length, nil
}

// tailLength is how many bytes a closed file ends with: the footer and the magic.
const tailLength = recordHeader + footerLength + 8

// readFooter returns where the summary is; ok is false if the file has none.
func readFooter(r io.ReaderAt, size int64) (start, offsets, end int64, ok bool) {
	if size < tailLength {
		return 0, 0, 0, false
	}
	tail, err := readAt(r, size-tailLength, tailLength)
	if err != nil || opcode(tail[0]) != opFooter || !bytes.HasSuffix(tail, []byte(magic)) {
		return 0, 0, 0, false
	}
	c := cursor{b: tail[recordHeader:]}
	start, offsets, end = c.size(), c.size(), size-tailLength
	if offsets == 0 {
		offsets = end
	}
	return start, offsets, end, start > 0 && start <= offsets && offsets <= end && end-start <= maxSummary
}

// readIndex reads the summary of a closed file, or else scans the file.
func readIndex(r io.ReaderAt, size int64, schemas bool) (*index, error) {
	name, at, err := readStart(r, size)
	if err != nil {
		return nil, err
	}
	x := &index{profile: name, begin: at, counts: map[uint16]uint64{}}
	if schemas {
		x.schemas = map[uint16][]byte{}
	}
	if start, _, end, ok := readFooter(r, size); ok {
		summary, err := readAt(r, start, end-start)
		if err != nil {
			return nil, err
		}
		err = eachRecord(summary, x.addSummary)
		if err == nil && len(x.chunks) > 0 && x.within(start) {
			x.closed, x.end = true, size
			return x, nil
		}
		// It is damaged, or another program wrote no index: the records tell what there is.
		x.channels, x.counts, x.chunks = nil, map[uint16]uint64{}, nil
	}
	return x, x.scan(r, at, size)
}

// within reports whether all chunks are before the summary.
func (x *index) within(end int64) bool {
	for i := range x.chunks {
		if c := &x.chunks[i]; c.offset > end || c.length > end-c.offset {
			return false
		}
	}
	return true
}

func (x *index) addSummary(op opcode, content []byte) error {
	c := cursor{b: content}
	switch op {
	case opSchema:
		return x.addSchema(content)
	case opChannel:
		return x.addChannel(content)
	case opStatistics:
		c.take(8 + 2 + 4 + 4 + 4 + 4 + 8 + 8)
		counts := cursor{b: c.block()}
		for len(counts.b) > 0 && !counts.bad {
			id := counts.u16()
			x.counts[id] = counts.u64()
		}
	case opChunkIndex:
		info := chunkInfo{start: c.u64(), end: c.u64(), offset: c.size(), length: c.size()}
		list := cursor{b: c.block()}
		info.channels = make([]chunkChannel, 0, len(list.b)/10)
		for len(list.b) > 0 && !list.bad {
			info.channels = append(info.channels, chunkChannel{id: list.u16(), index: list.size()})
		}
		info.indexLength, info.compression = c.size(), compressionOf(c.block())
		info.compressed, info.uncompressed = c.size(), c.size()
		sortChannels(info.channels)
		c.bad = c.bad || list.bad
		x.chunks = append(x.chunks, info)
	}
	return c.err()
}

// compressionOf returns the format of that name without allocating one of the usual.
func compressionOf(name []byte) string {
	if string(name) == compressionZstd {
		return compressionZstd
	}
	return string(name)
}

func sortChannels(list []chunkChannel) {
	if !slices.IsSortedFunc(list, compareChannels) {
		slices.SortFunc(list, compareChannels)
	}
}

func compareChannels(a, b chunkChannel) int { return int(a.id) - int(b.id) }

// readTimes returns the time of the oldest and the newest message of a closed file from
// its statistics; ok is false if it has none.
func readTimes(r io.ReaderAt, size int64) (start, end uint64, ok bool) {
	_, offsets, last, ok := readFooter(r, size)
	if !ok || last-offsets > maxRecord {
		return 0, 0, false
	}
	list, err := readAt(r, offsets, last-offsets)
	if err != nil {
		return 0, 0, false
	}
	ok = false
	_ = eachRecord(list, func(op opcode, content []byte) error {
		c := cursor{b: content}
		kind := c.take(1)
		at, length := c.size(), c.size()
		if c.bad || opcode(kind[0]) != opStatistics || at > size || length > size-at || length > maxRecord {
			return c.err()
		}
		b, err := readAt(r, at, length)
		if err != nil {
			return err
		}
		return eachRecord(b, func(_ opcode, content []byte) error {
			c := cursor{b: content}
			c.take(8 + 2 + 4 + 4 + 4 + 4)
			start, end = c.u64(), c.u64()
			ok = !c.bad
			return c.err()
		})
	})
	return start, end, ok
}
