package kafka

import (
	"hash/crc32"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"
)

// clientOptions returns the options of the client for the configuration.
func (c Config) clientOptions(log *slog.Logger) []kgo.Opt {
	options := []kgo.Opt{
		kgo.SeedBrokers(c.Brokers...),
		kgo.WithLogger(newClientLog(log)),
		kgo.SoftwareNameAndVersion("love-go", "1"),
		// Partitions are read from offsets that we choose, or from the first that
		// is left if retention has removed the chosen one.
		kgo.ConsumeStartOffset(kgo.NewOffset().AtStart()),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.KeepControlRecords(), // a history may end at the offset of one
		kgo.FetchMaxWait(fetchWait),
		kgo.MetadataMinAge(500 * time.Millisecond), // how soon to ask again after an error
		kgo.RetryBackoffFn(backoff),
		kgo.RecordDeliveryTimeout(c.DeliveryTimeout),
		kgo.ProducerLinger(c.Tuning.Linger),
		kgo.RecordPartitioner(kgo.BasicConsistentPartitioner(func(string) func(*kgo.Record, int) int {
			return func(r *kgo.Record, n int) int { return partitionOf(r.Key, n) }
		})),
		// Topics are created by the bus, never by asking for them; it looks itself for
		// those that have disappeared.
		kgo.UnknownTopicRetries(2),
		kgo.KeepRetryableFetchErrors(),
	}
	switch c.Acks {
	case AcksAll:
		options = append(options, kgo.RequiredAcks(kgo.AllISRAcks()), kgo.AllowIdempotentProduceCancellation())
	case AcksNone:
		options = append(options, kgo.RequiredAcks(kgo.NoAck()), kgo.DisableIdempotentWrite())
	default:
		options = append(options, kgo.RequiredAcks(kgo.LeaderAck()), kgo.DisableIdempotentWrite())
	}
	if c.Security.TLS != nil {
		options = append(options, kgo.DialTLSConfig(c.Security.TLS))
	}
	if c.Security.User != "" {
		options = append(options, kgo.SASL(c.Security.login()))
	}
	return append(options, c.Tuning.options()...)
}

// fetchWait is the time that a broker holds a fetch when there are no records. It is
// short because a partition that is added, and with it the start of a remote, must
// wait for the current fetch to end.
const fetchWait = 50 * time.Millisecond

// backoff returns the pause before a broker is tried again. It is short, so that
// brokers that come back are used soon.
func backoff(failures int) time.Duration {
	const shortest, longest = 100 * time.Millisecond, time.Second
	return min(shortest<<min(failures, 10), longest)
}

func (s Security) login() sasl.Mechanism {
	switch s.Mechanism {
	case Plain:
		return plain.Auth{User: s.User, Pass: s.Password}.AsMechanism()
	case ScramSHA256:
		return scram.Auth{User: s.User, Pass: s.Password}.AsSha256Mechanism()
	}
	return scram.Auth{User: s.User, Pass: s.Password}.AsSha512Mechanism()
}

func (t Tuning) options() (options []kgo.Opt) {
	add := func(given bool, o func() kgo.Opt) {
		if given {
			options = append(options, o())
		}
	}
	add(t.ClientID != "", func() kgo.Opt { return kgo.ClientID(t.ClientID) })
	add(t.DialTimeout > 0, func() kgo.Opt { return kgo.DialTimeout(t.DialTimeout) })
	add(t.ConnIdle > 0, func() kgo.Opt { return kgo.ConnIdleTimeout(t.ConnIdle) })
	add(t.MetadataAge > 0, func() kgo.Opt { return kgo.MetadataMaxAge(t.MetadataAge) })
	add(t.FetchWait > 0, func() kgo.Opt { return kgo.FetchMaxWait(t.FetchWait) })
	add(t.FetchMin > 0, func() kgo.Opt { return kgo.FetchMinBytes(t.FetchMin) })
	add(t.FetchMax > 0, func() kgo.Opt { return kgo.FetchMaxBytes(t.FetchMax) })
	add(t.PartitionMax > 0, func() kgo.Opt { return kgo.FetchMaxPartitionBytes(t.PartitionMax) })
	return append(options, kgo.ProducerBatchMaxBytes(int32(t.batchMax())), kgo.ProducerBatchCompression(t.codec()))
}

// batchMax returns the largest size of a batch in bytes. The default is what brokers take
// unless they are set otherwise, less some room.
func (t Tuning) batchMax() int {
	if t.BatchMax > 0 {
		return int(t.BatchMax)
	}
	return 1_000_012
}

// codec returns the compression of records.
func (t Tuning) codec() kgo.CompressionCodec {
	switch t.Compression {
	case "none":
		return kgo.NoCompression()
	case "gzip":
		return kgo.GzipCompression()
	case "lz4":
		return kgo.Lz4Compression()
	case "zstd":
		return kgo.ZstdCompression()
	}
	return kgo.SnappyCompression()
}

// partitionOf chooses one of n partitions as librdkafka does: a random one for
// an empty key, else by a checksum of the key.
func partitionOf(key []byte, n int) int {
	if len(key) == 0 {
		return rand.IntN(n)
	}
	return int(crc32.ChecksumIEEE(key) % uint32(n))
}
