package archive

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"

	"github.com/klauspost/compress/zstd"
)

// What is read may be cut, damaged, or made to harm, so every length in it is checked
// before it is believed.

const (
	// maxRecord is the largest record that is read, other than a summary; a chunk of ours
	// has a little more than a message.
	maxRecord = 64 << 20
	// maxSummary is the largest summary that is read.
	maxSummary = 256 << 20
)

var errCut = errors.New("a record is shorter than it says")

// cursor reads the fields of a record.
type cursor struct {
	b   []byte
	bad bool // it read beyond the end
}

func (c *cursor) take(n uint64) []byte {
	if n > uint64(len(c.b)) {
		c.bad, c.b = true, nil
		return nil
	}
	taken := c.b[:n:n]
	c.b = c.b[n:]
	return taken
}

func (c *cursor) u16() uint16 {
	if b := c.take(2); b != nil {
		return binary.LittleEndian.Uint16(b)
	}
	return 0
}

func (c *cursor) u32() uint32 {
	if b := c.take(4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

func (c *cursor) u64() uint64 {
	if b := c.take(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

// size returns a length or an offset, which fits an int64.
func (c *cursor) size() int64 {
	n := c.u64()
	if n > 1<<62 {
		c.bad = true
		return 0
	}
	return int64(n)
}

// block returns bytes with their length before them.
func (c *cursor) block() []byte { return c.take(uint64(c.u32())) }

func (c *cursor) text() string { return string(c.block()) }

func (c *cursor) texts() map[string]string {
	inner := cursor{b: c.block()}
	m := map[string]string{}
	for len(inner.b) > 0 && !inner.bad {
		name := inner.text()
		m[name] = inner.text()
	}
	c.bad = c.bad || inner.bad
	return m
}

// err returns an error if the record was too short.
func (c *cursor) err() error {
	if c.bad {
		return errCut
	}
	return nil
}

// eachRecord calls f for the records that b consists of.
func eachRecord(b []byte, f func(op opcode, content []byte) error) error {
	for len(b) > 0 {
		if len(b) < recordHeader {
			return errCut
		}
		n := binary.LittleEndian.Uint64(b[1:])
		if n > uint64(len(b)-recordHeader) {
			return errCut
		}
		if err := f(opcode(b[0]), b[recordHeader:recordHeader+n]); err != nil {
			return err
		}
		b = b[recordHeader+n:]
	}
	return nil
}

// eachMessage calls f for the messages among the records of a chunk. Their data is a
// part of b.
func eachMessage(b []byte, f func(message) error) error {
	return eachRecord(b, func(op opcode, content []byte) error {
		if op != opMessage {
			return nil
		}
		if len(content) < messageHeader {
			return errCut
		}
		return f(message{
			channel:   binary.LittleEndian.Uint16(content),
			sequence:  binary.LittleEndian.Uint32(content[2:]),
			logged:    binary.LittleEndian.Uint64(content[6:]),
			published: binary.LittleEndian.Uint64(content[14:]),
			data:      content[messageHeader:],
		})
	})
}

// chunkFields are the fields of a chunk's record before the compressed records.
type chunkFields struct {
	chunkInfo
	crc uint32
}

func parseChunkFields(c *cursor) chunkFields {
	var f chunkFields
	f.start, f.end = c.u64(), c.u64()
	f.uncompressed = c.size()
	f.crc = c.u32()
	f.compression = c.text()
	f.compressed = c.size()
	return f
}

// unpacker unpacks chunks, one at a time. The zero value is ready. It is not shared,
// because a decoder belongs to the bubble of testing/synctest in which it was made.
type unpacker struct{ decoder *zstd.Decoder }

func (u *unpacker) zstd() (*zstd.Decoder, error) {
	if u.decoder == nil {
		d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxRecord), zstd.WithDecoderLowmem(true))
		if err != nil {
			return nil, err
		}
		u.decoder = d
	}
	return u.decoder, nil
}

// unpack returns the records of a chunk, given the content of its record, and appends
// them to dst for that.
func (u *unpacker) unpack(dst, content []byte) ([]byte, error) {
	c := cursor{b: content}
	f := parseChunkFields(&c)
	packed := c.take(uint64(f.compressed))
	if err := c.err(); err != nil {
		return nil, err
	}
	if f.uncompressed > maxRecord {
		return nil, fmt.Errorf("a chunk has %d bytes, more than the %d that are read", f.uncompressed, maxRecord)
	}
	switch f.compression {
	case compressionNone:
		dst = append(dst, packed...)
	case compressionZstd:
		d, err := u.zstd()
		if err != nil {
			return nil, err
		}
		if dst, err = d.DecodeAll(packed, dst); err != nil {
			return nil, fmt.Errorf("a chunk cannot be decompressed: %w", err)
		}
	default:
		return nil, fmt.Errorf("a chunk is compressed with %q: only zstd is supported", f.compression)
	}
	if int64(len(dst)) != f.uncompressed {
		return nil, fmt.Errorf("a chunk has %d bytes and says %d", len(dst), f.uncompressed)
	}
	if f.crc != 0 && f.crc != crc32.ChecksumIEEE(dst) {
		return nil, errors.New("the checksum of a chunk is wrong")
	}
	return dst, nil
}
