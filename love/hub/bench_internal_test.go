package hub

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/rubin-love/love-go/internal/wire"
	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
)

// discard is a sink that consumes everything without delay.
type discard struct {
	session *session
	batch   []*frame
}

func (d *discard) wake() {
	if !d.session.out.startConsuming() {
		return
	}
	for written := 0; ; {
		d.batch = d.session.out.take(d.batch[:0], maxWrite, written)
		if len(d.batch) == 0 {
			return
		}
		written = 0
		for _, f := range d.batch {
			written += len(f.bytes)
		}
	}
}

func (*discard) setTimeout(time.Duration)    {}
func (d *discard) press()                    { d.wake() }
func (*discard) answered([]byte) bool        { return false }
func (*discard) lag(time.Time) time.Duration { return 0 }
func (*discard) abort()                      {}

// newBench returns a hub with sessions, which ends with the benchmark.
func newBench(b *testing.B, sessions int) (h *Hub, all []*session) {
	h = New(WithHeartbeats(time.Hour, nil))
	b.Cleanup(func() { _ = h.Shutdown(context.Background()) })
	for range sessions {
		s := h.newSession(auth.Principal{Process: true}, sessionOptions{})
		s.sink = &discard{session: s}
		all = append(all, s)
	}
	return h, all
}

// benchMessage is a message of a number of streams of about 200 bytes.
func benchMessage(streams int) []byte {
	item := love.Item{CSC: "ATDome", SalIndex: love.Index(0)}
	for i := range streams {
		item.Streams = append(item.Streams, love.Stream{Name: fmt.Sprint("stream", i), Value: love.RawValue(
			`{"azimuth":{"value":182.31450001,"dataType":"Float","units":"deg"},"velocity":{"value":[0.1,0.2,0.3,0.4],` +
				`"dataType":"Array<Float>","units":"deg/s"},"private_sndStamp":{"value":1690852677.25,"dataType":"Float","units":"second"}}`)})
	}
	return love.Message{Category: love.CategoryTelemetry, Data: []love.Item{item}, ProducerSnd: 1690852640.25}.AppendJSON(nil)
}

func benchEnvelope(b *testing.B, text []byte) Envelope {
	msg := new(wire.Message)
	if err := msg.Parse(text); err != nil {
		b.Fatal(err)
	}
	return Envelope{Kind: EnvelopeData, Payload: text, Received: time.Now(), source: &source{id: "bench"}, parsed: msg}
}

// BenchmarkBroadcast is one message to all subscribers of its streams: from
// the parsed message to the queues and out of them, without a transport.
func BenchmarkBroadcast(b *testing.B) {
	for _, streams := range []int{1, 10} {
		b.Run(fmt.Sprintf("streams=%d", streams), func(b *testing.B) {
			const subscribers = 1000
			h, sessions := newBench(b, subscribers)
			for _, s := range sessions {
				var none wakeList
				for i := range streams {
					s.join(love.StreamGroup(love.CategoryTelemetry, "ATDome", 0, fmt.Sprint("stream", i)), SubscribeOptions{}, nil, &none)
				}
			}
			batch := []Envelope{benchEnvelope(b, benchMessage(streams))}
			b.ReportAllocs()
			for b.Loop() {
				h.deliver(batch)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(subscribers*streams), "ns/delivery")
		})
	}
}

// BenchmarkRoute is a message of ten streams without subscribers: looking up
// its groups, and storing the last values.
func BenchmarkRoute(b *testing.B) {
	h, _ := newBench(b, 0)
	batch := []Envelope{benchEnvelope(b, benchMessage(10))}
	b.ReportAllocs()
	for b.Loop() {
		h.deliver(batch)
	}
}

// BenchmarkQueue is one frame through the outbox of a session that keeps up.
func BenchmarkQueue(b *testing.B) {
	o := newOutbox(4<<20, 32<<20, time.Second)
	f := textFrame(append(newBuffer(500), benchMessage(1)...))
	now := time.Now()
	var batch []*frame
	b.ReportAllocs()
	for b.Loop() {
		o.push(f, nil, now)
		o.startConsuming()
		batch = o.take(batch[:0], maxWrite, 0)
		o.take(batch[:0], maxWrite, len(f.bytes))
	}
}

// BenchmarkBacklog is one frame for a session that is behind: it takes the
// place of an older one of its stream.
func BenchmarkBacklog(b *testing.B) {
	o := newOutbox(1, 32<<20, time.Second)
	frames := make([]*frame, 1000)
	for i := range frames {
		frames[i] = textFrame(append(newBuffer(500), benchMessage(1)...))
		frames[i].key = uint64(i + 1)
	}
	now := time.Now()
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		o.push(frames[i%len(frames)], nil, now)
		i++
	}
}

// BenchmarkJoin is one of a thousand sessions that join a group and leave it.
func BenchmarkJoin(b *testing.B) {
	_, sessions := newBench(b, 1000)
	name := love.StreamGroup(love.CategoryEvent, "ATDome", 0, "summaryState")
	var none wakeList
	b.ReportAllocs()
	for b.Loop() {
		for _, s := range sessions {
			s.join(name, SubscribeOptions{}, nil, &none)
		}
		for _, s := range sessions {
			s.leave(name, nil, &none)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(sessions)), "ns/session")
}
