package bench

import (
	"context"
	"fmt"
	"net"
	"os"
	"sync"
	"time"
)

// Ceiling measures the cost of writing to sockets on this machine, without any
// other work: R1 with one frame per system call, R16 with sixteen.
type Ceiling struct {
	Connections int
	Frame       int     // bytes
	Rate        float64 // frames per second, of all connections together
	Duration    time.Duration

	// Write runs a [Writer] in another process, so that its cost does not include
	// that of reading. nil: it runs in this process.
	Write func(context.Context, Writer) (Cost, error)
}

// CeilingReport is the CPU time per frame.
type CeilingReport struct{ R1, R16 time.Duration }

// String returns the report as text.
func (r CeilingReport) String() string {
	return fmt.Sprintf("R1   %.2f µs CPU per frame, one per write\nR16  %.2f µs CPU per frame, sixteen per write\n", micros(r.R1), micros(r.R16))
}

// Run measures both costs.
func (c Ceiling) Run(ctx context.Context) (r CeilingReport, err error) {
	if c.Connections < 1 || c.Frame < 1 || c.Rate <= 0 || c.Duration <= 0 {
		return r, fmt.Errorf("connections, frame, rate and duration must be above 0")
	}
	for _, m := range []struct {
		batch int
		cost  *time.Duration
	}{{1, &r.R1}, {16, &r.R16}} {
		cost, err := c.measure(ctx, m.batch)
		if err != nil {
			return r, err
		}
		*m.cost = cost.CPU / time.Duration(max(cost.Frames, 1))
	}
	return r, nil
}

// measure runs a writer, and reads what it writes.
func (c Ceiling) measure(ctx context.Context, batch int) (Cost, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return Cost{}, err
	}
	var reading sync.WaitGroup
	reading.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return // closed below
			}
			reading.Go(func() { discard(conn) })
		}
	})
	defer reading.Wait()
	defer ln.Close()
	write := c.Write
	if write == nil {
		write = func(ctx context.Context, w Writer) (Cost, error) { return w.Run(ctx) }
	}
	return write(ctx, Writer{
		To: ln.Addr().String(), Connections: c.Connections, Frame: c.Frame, Batch: batch, Rate: c.Rate, Duration: c.Duration,
	})
}

// discard reads until the connection ends.
func discard(c net.Conn) {
	defer c.Close()
	buf := make([]byte, readBuffer)
	for {
		if _, err := c.Read(buf); err != nil {
			return
		}
	}
}

// Writer writes frames to each of its connections in turn.
type Writer struct {
	To          string
	Connections int
	Frame       int     // bytes
	Batch       int     // frames per write
	Rate        float64 // frames per second
	Duration    time.Duration
}

// Cost is the CPU time that a Writer needed, and the frames it has written.
type Cost struct {
	Frames int
	CPU    time.Duration
}

// Run connects and writes. When it has written to every connection, it waits
// until the next round is due, as a hub waits for the next message.
func (w Writer) Run(ctx context.Context) (cost Cost, err error) {
	conns := make([]net.Conn, w.Connections)
	var d net.Dialer
	for i := range conns {
		if conns[i], err = d.DialContext(ctx, "tcp", w.To); err != nil {
			return cost, err
		}
		defer conns[i].Close()
	}
	used, err := startUsage(os.Getpid())
	if err != nil {
		return cost, err
	}
	frames := make([]byte, w.Frame*w.Batch)
	pause := time.Duration(float64(w.Batch*w.Connections) / w.Rate * float64(time.Second))
	start := time.Now()
	for due := time.Duration(0); due < w.Duration && ctx.Err() == nil; due += pause {
		time.Sleep(due - time.Since(start))
		for _, c := range conns {
			if _, err := c.Write(frames); err != nil {
				return cost, err
			}
		}
		cost.Frames += w.Batch * w.Connections
	}
	u, err := used()
	cost.CPU = u.CPU
	return cost, err
}
