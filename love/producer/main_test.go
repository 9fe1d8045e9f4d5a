package producer_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"math"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/producer"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func newLogger(w io.Writer) *slog.Logger { return slog.New(slog.NewTextHandler(w, nil)) }

// recorder is a Sender that remembers what it was given, and when. It demands that
// headers agree with their messages.
type recorder struct {
	mu   sync.Mutex
	sent []sent
	fail error
}

type sent struct {
	at  time.Time
	msg string
}

func (r *recorder) Send(_ context.Context, d producer.Data) error {
	if err := checkHeader(d); err != nil {
		panic(err)
	}
	return r.record(d.JSON)
}

// checkHeader reports a header that differs from the message. A message
// that is not a data message has an empty header.
func checkHeader(d producer.Data) error {
	want := producer.Header{Category: d.Category, Source: d.Source, Replaceable: d.Replaceable}
	if m, err := love.ParseMessage(d.JSON); err == nil && len(m.Data) == 1 && len(m.Data[0].Streams) > 0 {
		want.Category, want.CSC, want.SalIndex = m.Category, m.Data[0].CSC, m.Data[0].SalIndex
		for _, s := range m.Data[0].Streams {
			want.Streams = append(want.Streams, s.Name)
		}
		slices.Sort(want.Streams)
		want.Streams = slices.Compact(want.Streams)
		want.Replaceable = want.Replaceable || m.Category == love.CategoryTelemetry
	}
	got := d.Header
	text, _ := want.SalIndex.MarshalJSON()
	if n, err := strconv.ParseFloat(string(text), 64); err == nil && n == math.Trunc(n) && math.Abs(n) <= math.MaxInt32 {
		want.SalIndex = love.Index(int(n)) // a number, however it is written
	}
	if got.CSC != want.CSC || got.SalIndex != want.SalIndex || got.Category != want.Category ||
		!slices.Equal(got.Streams, want.Streams) || got.Replaceable != want.Replaceable {
		return fmt.Errorf("the header %+v does not agree with the message %s", d.Header, d.JSON)
	}
	return nil
}

// record remembers a message.
func (r *recorder) record(msg []byte) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fail != nil {
		return r.fail
	}
	r.sent = append(r.sent, sent{time.Now(), string(msg)})
	return nil
}

// failWith makes sending fail from now on; with nil it works again.
func (r *recorder) failWith(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fail = err
}

// take returns what was sent since the last call.
func (r *recorder) take() []sent {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := r.sent
	r.sent = nil
	return out
}

func (r *recorder) texts() []string {
	var out []string
	for _, s := range r.take() {
		out = append(out, s.msg)
	}
	return out
}
