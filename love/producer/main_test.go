package producer_test

import (
	"context"
	"io"
	"log/slog"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func newLogger(w io.Writer) *slog.Logger { return slog.New(slog.NewTextHandler(w, nil)) }

// recorder is a Sender that remembers what it was given, and when.
type recorder struct {
	mu   sync.Mutex
	sent []sent
	fail error
}

type sent struct {
	at  time.Time
	msg string
}

func (r *recorder) Send(_ context.Context, msg []byte) error {
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
