package archive

import (
	"encoding/binary"
	"fmt"
	"io"
	"strconv"
)

// scan makes the index of a file without a summary from its records, which begin at an
// offset, up to the last one that is complete.
func (x *index) scan(r io.ReaderAt, at, size int64) error {
	x.end = at
	for at+recordHeader <= size {
		head, err := readAt(r, at, recordHeader)
		if err != nil {
			return err
		}
		op, length := opcode(head[0]), binary.LittleEndian.Uint64(head[1:])
		if op == opReserved || op == opFooter || length > uint64(size-at-recordHeader) {
			return nil
		}
		if err := x.scanRecord(r, op, at, int64(length)); err != nil {
			return fmt.Errorf("the record at byte %d: %w", at, err)
		}
		at += recordHeader + int64(length)
		x.end = at
	}
	return nil
}

func (x *index) scanRecord(r io.ReaderAt, op opcode, at, length int64) error {
	switch op {
	case opSchema, opChannel, opChunk, opMessageIndex, opMetadata:
	case opMessage:
		return fmt.Errorf("%w: its messages are not in chunks", errForeign)
	default:
		return nil
	}
	if length > maxRecord {
		return fmt.Errorf("it has %d bytes, more than the %d that are read", length, maxRecord)
	}
	if op == opChunk && x.profile == profile {
		head, err := readAt(r, at+recordHeader, min(length, 64))
		if err != nil {
			return err
		}
		return x.scanChunk(cursor{b: head}, at, length)
	}
	content, err := readAt(r, at+recordHeader, length)
	if err != nil {
		return err
	}
	switch op {
	case opSchema:
		return x.addSchema(content)
	case opChannel:
		return x.addChannel(content)
	case opMessageIndex:
		return x.scanMessageIndex(content, at, length)
	case opMetadata:
		return x.scanMetadata(content, at+recordHeader+length)
	}
	// Another program may have its schemas and channels in the chunk.
	if err := x.scanChunk(cursor{b: content}, at, length); err != nil {
		return err
	}
	unpacked, err := x.chunkUnpacker.unpack(nil, content)
	if err != nil {
		return err
	}
	return eachRecord(unpacked, func(op opcode, content []byte) error {
		switch op {
		case opSchema:
			return x.addSchema(content)
		case opChannel:
			return x.addChannel(content)
		}
		return nil
	})
}

func (x *index) scanChunk(c cursor, at, length int64) error {
	f := parseChunkFields(&c)
	f.offset, f.length = at, recordHeader+length
	x.chunks = append(x.chunks, f.chunkInfo)
	return c.err()
}

func (x *index) scanMessageIndex(content []byte, at, length int64) error {
	c := cursor{b: content}
	one := chunkChannel{id: c.u16(), index: at, messages: c.u32() / 16}
	if c.bad || len(x.chunks) == 0 {
		return errCut
	}
	chunk := &x.chunks[len(x.chunks)-1]
	chunk.channels = append(chunk.channels, one)
	chunk.indexLength += recordHeader + length
	sortChannels(chunk.channels)
	x.counts[one.id] += uint64(one.messages)
	return nil
}

// scanMetadata notes the marks that an archive makes.
func (x *index) scanMetadata(content []byte, end int64) error {
	c := cursor{b: content}
	name, values := c.text(), c.texts()
	slab, err := strconv.Atoi(values[slabKey])
	if c.bad || err != nil {
		return c.err() // another program's
	}
	switch name {
	case committedName:
		x.commits = append(x.commits, commit{slab, end, len(x.channels), len(x.chunks)})
	case liveName:
		x.live = slab
	}
	return nil
}
