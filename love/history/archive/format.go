package archive

import (
	"cmp"
	"encoding/binary"
	"hash/crc32"
	"slices"

	"github.com/klauspost/compress/zstd"
)

// The records of a file are written here and not by the mcap module, because its writer
// closes a chunk only when a message makes it too large, and an archive must close one
// after a second.

const (
	// profile is that of our files. A file with the profile of another version is not read.
	profile = "love/1"
	library = "github.com/rubin-love/love-go"

	recordHeader  = 1 + 8         // bytes before the content of a record: opcode and length
	messageHeader = 2 + 4 + 8 + 8 // bytes before the data of a message
	footerLength  = 8 + 8 + 4
)

// appendRecord appends a record whose content is appended by content.
func appendRecord(dst []byte, op opcode, content func([]byte) []byte) []byte {
	dst = append(dst, byte(op), 0, 0, 0, 0, 0, 0, 0, 0)
	at := len(dst)
	dst = content(dst)
	binary.LittleEndian.PutUint64(dst[at-8:], uint64(len(dst)-at))
	return dst
}

func appendText(dst []byte, s string) []byte {
	return append(binary.LittleEndian.AppendUint32(dst, uint32(len(s))), s...)
}

func appendMap(dst []byte, m map[string]string) []byte {
	at := len(dst)
	dst = binary.LittleEndian.AppendUint32(dst, 0)
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		dst = appendText(appendText(dst, name), m[name])
	}
	binary.LittleEndian.PutUint32(dst[at:], uint32(len(dst)-at-4))
	return dst
}

// appendStart appends what a file begins with.
func appendStart(dst []byte) []byte {
	return appendRecord(append(dst, magic...), opHeader, func(b []byte) []byte {
		return appendText(appendText(b, profile), library)
	})
}

func appendMetadata(dst []byte, name string, values map[string]string) []byte {
	return appendRecord(dst, opMetadata, func(b []byte) []byte { return appendMap(appendText(b, name), values) })
}

// appendChannel appends the schema and the channel of a stream, which have the same ID.
func appendChannel(dst []byte, c *channel) []byte {
	dst = appendRecord(dst, opSchema, func(b []byte) []byte {
		b = binary.LittleEndian.AppendUint16(b, c.id)
		b = appendText(appendText(b, string(c.group.Category)+"/"+c.group.CSC+"/"+c.group.Stream), "jsonschema")
		return append(binary.LittleEndian.AppendUint32(b, uint32(len(c.schema))), c.schema...)
	})
	return appendRecord(dst, opChannel, func(b []byte) []byte {
		b = binary.LittleEndian.AppendUint16(b, c.id)
		b = binary.LittleEndian.AppendUint16(b, c.id)
		b = appendText(appendText(b, c.group.String()), "json")
		return appendMap(b, map[string]string{
			"category": string(c.group.Category), "csc": c.group.CSC, "salindex": c.group.SalIndex, "stream": c.group.Stream,
		})
	})
}

// message is one message of a channel, as a file has it.
type message struct {
	channel   uint16
	sequence  uint32
	logged    uint64 // when it was recorded, in nanoseconds
	published uint64
	data      []byte
	numbered  bool // sequence is the hub's
	own       bool // it was read from what was recorded since the archive was opened
}

func appendMessage(dst []byte, m message) []byte {
	dst = append(dst, byte(opMessage))
	dst = binary.LittleEndian.AppendUint64(dst, uint64(messageHeader+len(m.data)))
	dst = binary.LittleEndian.AppendUint16(dst, m.channel)
	dst = binary.LittleEndian.AppendUint32(dst, m.sequence)
	dst = binary.LittleEndian.AppendUint64(dst, m.logged)
	dst = binary.LittleEndian.AppendUint64(dst, m.published)
	return append(dst, m.data...)
}

// place is where a message lies among the records of a chunk.
type place struct {
	logged  uint64
	offset  uint32
	channel uint16
}

// records are the messages of a chunk before it is compressed.
type records struct {
	bytes      []byte // only ever appended to, so that queries may read what there is
	places     []place
	start, end uint64 // the oldest and the newest message
}

func (r *records) add(m message) {
	at := len(r.bytes)
	r.bytes = appendMessage(r.bytes, m)
	r.note(place{m.logged, uint32(at), m.channel})
}

// addRecord adds the record of a message.
func (r *records) addRecord(p place, record []byte) {
	r.bytes = append(r.bytes, record...)
	r.note(p)
}

func (r *records) note(p place) {
	if len(r.places) == 0 {
		r.start = p.logged
	}
	r.start, r.end = min(r.start, p.logged), max(r.end, p.logged)
	r.places = append(r.places, p)
}

func (r *records) reset() { *r = records{bytes: r.bytes[:0], places: r.places[:0]} }

// chunkInfo is the index of one chunk.
type chunkInfo struct {
	start, end   uint64 // the oldest and the newest message, in nanoseconds
	offset       int64  // of its record in the file
	length       int64  // of its record
	indexLength  int64  // of the message indexes behind it
	compressed   int64
	uncompressed int64
	compression  string
	channels     []chunkChannel // ordered by ID
}

// chunkChannel is a channel that has messages in a chunk.
type chunkChannel struct {
	id       uint16
	messages uint32
	index    int64 // the offset of its message index in the file
}

// has reports whether the channel has messages in the chunk.
func (c *chunkInfo) has(id uint16) bool {
	_, ok := slices.BinarySearchFunc(c.channels, id, func(c chunkChannel, id uint16) int { return cmp.Compare(c.id, id) })
	return ok
}

// appendChunk appends a chunk and its message indexes to dst, which lies at an offset of
// the file. It sorts the places.
func appendChunk(dst []byte, offset int64, r *records, encoder *zstd.Encoder) ([]byte, chunkInfo) {
	slices.SortStableFunc(r.places, func(a, b place) int {
		return cmp.Or(cmp.Compare(a.channel, b.channel), cmp.Compare(a.logged, b.logged))
	})
	info := chunkInfo{
		start: r.start, end: r.end, offset: offset + int64(len(dst)),
		uncompressed: int64(len(r.bytes)), compression: compressionZstd,
	}
	from := len(dst)
	dst = appendRecord(dst, opChunk, func(b []byte) []byte {
		b = binary.LittleEndian.AppendUint64(b, info.start)
		b = binary.LittleEndian.AppendUint64(b, info.end)
		b = binary.LittleEndian.AppendUint64(b, uint64(len(r.bytes)))
		b = binary.LittleEndian.AppendUint32(b, crc32.ChecksumIEEE(r.bytes))
		b = appendText(b, compressionZstd)
		at := len(b)
		b = encoder.EncodeAll(r.bytes, append(b, 0, 0, 0, 0, 0, 0, 0, 0))
		info.compressed = int64(len(b) - at - 8)
		binary.LittleEndian.PutUint64(b[at:], uint64(info.compressed))
		return b
	})
	info.length = int64(len(dst) - from)
	for i := 0; i < len(r.places); {
		n := i
		for n < len(r.places) && r.places[n].channel == r.places[i].channel {
			n++
		}
		info.channels = append(info.channels, chunkChannel{r.places[i].channel, uint32(n - i), offset + int64(len(dst))})
		dst = appendMessageIndex(dst, r.places[i:n])
		i = n
	}
	info.indexLength = int64(len(dst)-from) - info.length
	return dst, info
}

// appendMessageIndex appends the index of one channel's messages in a chunk.
func appendMessageIndex(dst []byte, places []place) []byte {
	return appendRecord(dst, opMessageIndex, func(b []byte) []byte {
		b = binary.LittleEndian.AppendUint16(b, places[0].channel)
		b = binary.LittleEndian.AppendUint32(b, uint32(16*len(places)))
		for _, p := range places {
			b = binary.LittleEndian.AppendUint64(b, p.logged)
			b = binary.LittleEndian.AppendUint64(b, uint64(p.offset))
		}
		return b
	})
}

// appendSummary appends what a file ends with, from an offset of the file.
func appendSummary(dst []byte, offset int64, channels []*channel, chunks []chunkInfo) []byte {
	dst = appendRecord(dst, opDataEnd, func(b []byte) []byte { return append(b, 0, 0, 0, 0) })
	start := len(dst)
	type section struct {
		op       opcode
		from, to int
	}
	var sections []section
	add := func(op opcode, content func()) {
		from := len(dst)
		content()
		if len(dst) > from {
			sections = append(sections, section{op, from, len(dst)})
		}
	}
	// Schemas come before the channels that use them.
	var both []byte
	add(opSchema, func() {
		for _, c := range channels {
			both = appendChannel(both[:0], c)
			dst = append(dst, both[:recordLength(both)]...)
		}
	})
	add(opChannel, func() {
		for _, c := range channels {
			both = appendChannel(both[:0], c)
			dst = append(dst, both[recordLength(both):]...)
		}
	})
	add(opStatistics, func() { dst = appendStatistics(dst, channels, chunks) })
	add(opChunkIndex, func() {
		for i := range chunks {
			dst = appendChunkIndex(dst, &chunks[i])
		}
	})
	offsets := len(dst)
	for _, s := range sections {
		dst = appendRecord(dst, opSummaryOffset, func(b []byte) []byte {
			b = binary.LittleEndian.AppendUint64(append(b, byte(s.op)), uint64(offset+int64(s.from)))
			return binary.LittleEndian.AppendUint64(b, uint64(s.to-s.from))
		})
	}
	dst = appendRecord(dst, opFooter, func(b []byte) []byte {
		b = binary.LittleEndian.AppendUint64(b, uint64(offset+int64(start)))
		b = binary.LittleEndian.AppendUint64(b, uint64(offset+int64(offsets)))
		return append(b, 0, 0, 0, 0)
	})
	// The checksum covers the summary and the footer up to the checksum itself. The
	// length of the footer is known, so that it is covered, too.
	binary.LittleEndian.PutUint32(dst[len(dst)-4:], crc32.ChecksumIEEE(dst[start:len(dst)-4]))
	return append(dst, magic...)
}

// recordLength returns the length of the record that b begins with.
func recordLength(b []byte) int { return recordHeader + int(binary.LittleEndian.Uint64(b[1:])) }

func appendStatistics(dst []byte, channels []*channel, chunks []chunkInfo) []byte {
	counts := make(map[uint16]uint64, len(channels))
	var messages, start, end uint64
	for i, c := range chunks {
		if i == 0 {
			start = c.start
		}
		start, end = min(start, c.start), max(end, c.end)
		for _, ch := range c.channels {
			counts[ch.id] += uint64(ch.messages)
			messages += uint64(ch.messages)
		}
	}
	return appendRecord(dst, opStatistics, func(b []byte) []byte {
		b = binary.LittleEndian.AppendUint64(b, messages)
		b = binary.LittleEndian.AppendUint16(b, uint16(len(channels))) // schemas
		b = binary.LittleEndian.AppendUint32(b, uint32(len(channels)))
		b = binary.LittleEndian.AppendUint64(b, 0) // attachments, metadata: these are marks of ours
		b = binary.LittleEndian.AppendUint32(b, uint32(len(chunks)))
		b = binary.LittleEndian.AppendUint64(b, start)
		b = binary.LittleEndian.AppendUint64(b, end)
		b = binary.LittleEndian.AppendUint32(b, uint32(10*len(channels)))
		for _, c := range channels {
			b = binary.LittleEndian.AppendUint16(b, c.id)
			b = binary.LittleEndian.AppendUint64(b, counts[c.id])
		}
		return b
	})
}

func appendChunkIndex(dst []byte, c *chunkInfo) []byte {
	return appendRecord(dst, opChunkIndex, func(b []byte) []byte {
		b = binary.LittleEndian.AppendUint64(b, c.start)
		b = binary.LittleEndian.AppendUint64(b, c.end)
		b = binary.LittleEndian.AppendUint64(b, uint64(c.offset))
		b = binary.LittleEndian.AppendUint64(b, uint64(c.length))
		b = binary.LittleEndian.AppendUint32(b, uint32(10*len(c.channels)))
		for _, ch := range c.channels {
			b = binary.LittleEndian.AppendUint16(b, ch.id)
			b = binary.LittleEndian.AppendUint64(b, uint64(ch.index))
		}
		b = binary.LittleEndian.AppendUint64(b, uint64(c.indexLength))
		b = appendText(b, c.compression)
		b = binary.LittleEndian.AppendUint64(b, uint64(c.compressed))
		return binary.LittleEndian.AppendUint64(b, uint64(c.uncompressed))
	})
}
