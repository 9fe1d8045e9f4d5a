package kafka

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// sequence is the number by which brokers recognize a record that is sent again.
type sequence struct {
	producer int64
	epoch    int16
	number   int32
}

// unnumbered is the sequence of a record that brokers need not recognize.
var unnumbered = sequence{producer: -1, epoch: -1, number: -1}

// batchOverhead is the size of a batch without records.
const batchOverhead = 61

// encodeRecord returns a record as it is in a batch.
func encodeRecord(key, value []byte) []byte {
	record := kmsg.Record{Key: key, Value: value}
	rest := record.AppendTo(nil)[1:] // all but its length, which is zero here
	return append(binary.AppendVarint(nil, int64(len(rest))), rest...)
}

// recordBatch returns a batch with one record, compressed if that makes it smaller.
func recordBatch(record []byte, at time.Time, n sequence, c kgo.Compressor) []byte {
	batch := kmsg.RecordBatch{
		PartitionLeaderEpoch: -1, Magic: 2,
		FirstTimestamp: at.UnixMilli(), MaxTimestamp: at.UnixMilli(),
		ProducerID: n.producer, ProducerEpoch: n.epoch, FirstSequence: n.number,
		NumRecords: 1, Records: record,
	}
	if c != nil {
		if smaller, codec := c.Compress(new(bytes.Buffer), record); len(smaller) < len(record) {
			batch.Attributes, batch.Records = int16(codec), smaller
		}
	}
	const afterLength, afterChecksum = 12, 21
	b := batch.AppendTo(nil)
	binary.BigEndian.PutUint32(b[afterLength-4:], uint32(len(b)-afterLength))
	binary.BigEndian.PutUint32(b[afterChecksum-4:], crc32.Checksum(b[afterChecksum:], castagnoli))
	return b
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)
