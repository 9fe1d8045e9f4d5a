package bench

import (
	"fmt"
	"strings"
	"time"
)

// Report is the result of a [Load]. Published, Delivered, the bytes and the latencies
// are of the messages after the warm-up, the others of all.
type Report struct {
	Load      Load
	Published uint64 // messages
	Delivered uint64 // messages, to one subscriber each
	Bytes     uint64 // of the messages delivered
	WireBytes uint64 // of their frames, as they were sent
	Latency   Histogram
	Events    Histogram // latencies of events beside the others, which are not in Latency

	Expected  uint64 // deliveries
	Lost      uint64
	Reordered uint64

	Manager   Usage // zero without a PID
	Generator Usage // of this process

	Failed  int   // connections that the manager closed, or on which it sent something unexpected
	Failure error // of the first of them
}

// note counts the failure of a connection if err is not nil.
func (r *Report) note(err error) {
	if err == nil {
		return
	}
	if r.Failed++; r.Failure == nil {
		r.Failure = err
	}
}

// PerDelivery returns the manager's CPU time for one delivery.
func (r *Report) PerDelivery() time.Duration {
	if r.Delivered == 0 {
		return 0
	}
	return r.Manager.CPU / time.Duration(r.Delivered)
}

// String returns the report as text.
func (r *Report) String() string {
	var b strings.Builder
	l, seconds := r.Load, r.Load.Duration.Seconds()
	fmt.Fprintf(&b, "%d subscribers%s, %d publishers, %d streams per message, %g messages/s, %v\n",
		l.Subscribers, l.kind(), l.Publishers, l.Streams, l.Rate, l.Duration)
	fmt.Fprintf(&b, "published  %.0f messages/s\n", float64(r.Published)/seconds)
	fmt.Fprintf(&b, "delivered  %.0f/s of %d bytes, %d on the wire\n", float64(r.Delivered)/seconds, r.Bytes/max(r.Delivered, 1), r.WireBytes/max(r.Delivered, 1))
	fmt.Fprintf(&b, "lost       %d of %d, out of order %d\n", r.Lost, r.Expected, r.Reordered)
	fmt.Fprintf(&b, "latency    %s\n", &r.Latency)
	if l.Events > 0 {
		fmt.Fprintf(&b, "events     %s, %g/s beside the others\n", &r.Events, l.Events)
	}
	if l.PID != 0 {
		fmt.Fprintf(&b, "manager    %.2f µs CPU per delivery, %.0f %% of a core, %s in memory\n",
			micros(r.PerDelivery()), 100*r.Manager.Share(), mebibytes(r.Manager.RSS))
	}
	if r.Generator.Wall > 0 {
		fmt.Fprintf(&b, "generator  %.0f %% of a core\n", 100*r.Generator.Share())
	}
	if r.Failed > 0 {
		fmt.Fprintf(&b, "failed     %d connections; the first: %v\n", r.Failed, r.Failure)
	}
	return b.String()
}

// kind returns what is special about the subscribers.
func (l Load) kind() string {
	switch {
	case l.Component && l.Compressed:
		return " of components, compressed"
	case l.Component:
		return " of components"
	case l.Compressed:
		return ", compressed"
	}
	return ""
}

// Probe returns the latencies that must not suffer: those of the events, if there are any
// beside the others.
func (r *Report) Probe() *Histogram {
	if r.Load.Events > 0 {
		return &r.Events
	}
	return &r.Latency
}

func micros(d time.Duration) float64 { return float64(d) / 1e3 }

func millis(d time.Duration) string { return fmt.Sprintf("%.2f ms", float64(d)/1e6) }

func mebibytes(n int64) string { return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20)) }
