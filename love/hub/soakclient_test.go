package hub_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"strings"
	"time"

	"github.com/gobwas/ws"

	"github.com/rubin-love/love-go/internal/deflate"
	"github.com/rubin-love/love-go/internal/websocket"
	"github.com/rubin-love/love-go/love"
)

// soakClient is one peer of the soak: it connects, subscribes, reads and cuts as its
// random numbers want, and checks everything that it gets.
type soakClient struct {
	soak  *soak
	rng   *rand.Rand
	name  string // of the user; empty for a process
	lazy  bool   // it may stop reading, and break rules
	probe []*soakStream

	hub        *soakHub
	conn       net.Conn // nil without a connection
	deflate    bool     // compression was agreed on
	buf        []byte   // arrived, not handled yet
	subs       map[string]*soakSubscription
	requests   []soakRequest
	fresh      []*soakSubscription // whose snapshots may not be complete
	readAt     time.Time
	paused     bool // it has not read for so long that it may be closed
	misbehaved bool
	closeCode  ws.StatusCode // with which the hub must close; 0 for any
	behind     bool          // the hub has conflated
}

// errSoakClosed ends the use of a connection that the hub has closed.
var errSoakClosed = errors.New("closed by the hub")

// play takes random steps until ctx ends.
func (c *soakClient) play(ctx context.Context) error {
	for ctx.Err() == nil {
		if err := c.step(ctx); err != nil && !errors.Is(err, errSoakClosed) {
			return err
		}
	}
	return nil
}

func (c *soakClient) step(ctx context.Context) error {
	if c.conn == nil {
		return c.dial(c.soak.hubs[c.rng.IntN(len(c.soak.hubs))])
	}
	switch n := c.rng.IntN(100); {
	case n < 30:
		return c.subscribe(c.soak.group(c.rng), c.randomOptions())
	case n < 45:
		return c.unsubscribe()
	case n < 60:
		times := 20
		if c.name != "" {
			times = 1 // a user may not ask so often
		}
		for range times {
			if err := c.probeOnce(); err != nil {
				return err
			}
		}
		return nil
	case n < 85:
		return c.pump(time.Duration(c.rng.IntN(60)) * time.Millisecond)
	case n < 93:
		return c.await()
	case n < 96:
		return c.cut()
	case c.lazy:
		return c.misbehave(ctx)
	}
	return c.askRefused()
}

func (c *soakClient) randomOptions() (o soakOptions) {
	o.snapshot, o.seq = c.rng.IntN(2) == 0, c.rng.IntN(3) == 0
	if c.rng.IntN(4) == 0 {
		o.rate = 5 + c.rng.IntN(200)
	}
	return o
}

func (c *soakClient) dial(h *soakHub) error {
	c.hub = h
	query := "password=process"
	if c.name != "" {
		query = "token=" + c.name
	}
	rarely := 2
	if len(c.soak.hubs) > 1 {
		rarely = 10 // under the race detector it takes most of the time
	}
	d := websocket.Dialer{Timeout: timeout, Deflate: c.rng.IntN(rarely) == 0}
	conn, br, err := d.Dial(context.Background(), c.hub.url+"/?"+query)
	if _, refused := errors.AsType[websocket.StatusError](err); refused && c.name != "" {
		time.Sleep(20 * time.Millisecond) // the user has too many connections
		return nil
	}
	if err != nil {
		return fmt.Errorf("dial: %w", err)
	}
	early, _ := br.Peek(br.Buffered())
	c.conn, c.deflate, c.buf = conn, d.Deflate, append(c.buf[:0], early...)
	c.subs, c.requests, c.fresh = make(map[string]*soakSubscription), nil, nil
	c.readAt, c.paused, c.misbehaved, c.behind, c.closeCode = time.Now(), false, false, false, 0
	return nil
}

// write writes a frame. An error means that the hub has closed: the rest is read for
// the reason.
func (c *soakClient) write(f ws.Frame) error {
	f.Payload = bytes.Clone(f.Payload)
	_ = c.conn.SetWriteDeadline(time.Now().Add(timeout))
	if err := ws.WriteFrame(c.conn, ws.MaskFrameInPlace(f)); err != nil {
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return fmt.Errorf("the hub does not read: %w", err)
		}
		return c.pump(timeout)
	}
	return nil
}

// ask sends a message that the hub will answer.
func (c *soakClient) ask(r soakRequest, text string) error {
	c.requests = append(c.requests, r)
	f := ws.NewTextFrame([]byte(text))
	if c.deflate && c.rng.IntN(2) == 0 {
		f = ws.NewTextFrame(deflate.Compress(nil, []byte(text), deflate.Large))
		f.Header.Rsv = ws.Rsv(true, false, false)
	}
	return c.write(f)
}

func (c *soakClient) subscribe(g love.Group, o soakOptions) error {
	r := c.soak.model.newSubscribeRequest(c.hub, g, o)
	text := request("subscribe", g.String())
	text = fmt.Sprintf(`%s,"snapshot":%t,"seq":%t`, text[:len(text)-1], o.snapshot, o.seq)
	if o.rate > 0 {
		text += fmt.Sprintf(`,"max_rate":%d`, o.rate)
	}
	return c.ask(r, text+"}")
}

func (c *soakClient) unsubscribe() error {
	g := c.soak.group(c.rng)
	for _, sub := range c.subs { // whichever comes first
		g = sub.group
		break
	}
	return c.ask(soakRequest{kind: askUnsubscribe, group: g}, request("unsubscribe", g.String()))
}

// await waits until everything has been answered.
func (c *soakClient) await() error {
	if err := c.ask(soakRequest{kind: askTime}, `{"action":"get_time_data","request_time":0}`); err != nil {
		return err
	}
	for until := time.Now().Add(3 * timeout); len(c.requests) > 0; {
		if time.Now().After(until) {
			return fmt.Errorf("no answer to %+v", c.requests[0])
		}
		if err := c.read(until); err != nil {
			return err
		}
	}
	return nil
}

// probeOnce publishes a message as soon as a subscription to it was confirmed: it must
// be delivered.
func (c *soakClient) probeOnce() error {
	s := c.probe[c.rng.IntN(len(c.probe))]
	g := s.group
	switch c.rng.IntN(3) {
	case 0:
		g.Stream = "*"
	case 1:
		g.Stream = love.All
	}
	if err := c.ask(soakRequest{kind: askUnsubscribe, group: g}, request("unsubscribe", g.String())); err != nil {
		return err
	}
	if err := c.subscribe(g, soakOptions{seq: c.rng.IntN(2) == 0}); err != nil {
		return err
	}
	for until := time.Now().Add(3 * timeout); len(c.requests) > 0; {
		if err := c.read(until); err != nil {
			return err
		}
	}
	sub := c.subs[g.String()]
	if sub == nil {
		return nil // refused
	}
	home := s.home.Load()
	faults := home.faults.Load() + c.hub.faults.Load()
	if err := c.soak.publish([]*soakStream{s}, c.rng); err != nil {
		return err
	}
	for until := time.Now().Add(3 * timeout); ; {
		if err := c.await(); err != nil {
			return err
		}
		switch p := sub.streams[s]; {
		case p.last == s.begun.Load():
			return nil
		case home == c.hub || time.Now().After(until):
			return fmt.Errorf("%v was published after the confirmation of %v was read, and not delivered: %+v", s.group, g, *p)
		case home.isDisturbed() || c.hub.isDisturbed() || home.faults.Load()+c.hub.faults.Load() != faults:
			return nil // it comes later
		}
	}
}

// pump reads for a while.
func (c *soakClient) pump(d time.Duration) error {
	for until := time.Now().Add(d); time.Now().Before(until); {
		if err := c.read(until); err != nil {
			return err
		}
	}
	return nil
}

// read handles what has arrived, after waiting for it until the given time.
func (c *soakClient) read(until time.Time) error {
	var chunk [16 << 10]byte
	if now := time.Now(); now.Sub(c.readAt) > 300*time.Millisecond {
		c.paused = true
	}
	_ = c.conn.SetReadDeadline(until)
	n, err := c.conn.Read(chunk[:])
	c.readAt = time.Now()
	c.buf = append(c.buf, chunk[:n]...)
	if err := c.handleFrames(); err != nil {
		return err
	}
	switch {
	case err == nil, errors.Is(err, os.ErrDeadlineExceeded):
		return nil
	case c.paused || c.misbehaved:
		c.drop()
		return errSoakClosed
	case c.name != "" && c.hub.wasDisconnected(c.name):
		// While its reader waits for Redis the hub does not read on, so that the close frame
		// can be lost.
		c.drop()
		return errSoakClosed
	}
	return fmt.Errorf("the connection of %q broke without a close frame: %w", c.name, err)
}

func (c *soakClient) handleFrames() error {
	for {
		r := bytes.NewReader(c.buf)
		h, err := ws.ReadHeader(r)
		if err != nil || int64(r.Len()) < h.Length {
			return nil // not complete
		}
		payload := c.buf[len(c.buf)-r.Len():][:h.Length]
		c.buf = c.buf[len(c.buf)-r.Len()+int(h.Length):]
		if h.Rsv1() && c.deflate {
			if payload, err = deflate.Inflate(nil, bytes.Clone(payload), 1<<24); err != nil {
				return err
			}
			h.Rsv = 0
		}
		if h.Rsv != 0 {
			return fmt.Errorf("a frame %v to a client that does not inflate", h)
		}
		switch h.OpCode {
		case ws.OpPing:
			if err := c.write(ws.NewPongFrame(payload)); err != nil {
				return err
			}
			if c.conn == nil {
				return errSoakClosed
			}
		case ws.OpText:
			if err := c.handle(payload); err != nil {
				return fmt.Errorf("%q got %.300s: %w", c.name, payload, err)
			}
		case ws.OpClose:
			return c.closed(payload)
		default:
			return fmt.Errorf("unexpected frame %v", h)
		}
	}
}

// closed handles the hub's close frame.
func (c *soakClient) closed(payload []byte) error {
	code, reason := ws.ParseCloseFrameData(payload)
	if !c.misbehaved && !c.paused && !(c.name != "" && (code == 1008 || code == 1000)) {
		return fmt.Errorf("%q was closed with %d %s although it did nothing wrong", c.name, code, reason)
	}
	if c.closeCode != 0 && code != c.closeCode && !c.paused && c.name == "" {
		return fmt.Errorf("%q was closed with %d %s instead of %d", c.name, code, reason, c.closeCode)
	}
	_ = ws.WriteFrame(c.conn, ws.MaskFrameInPlace(ws.NewCloseFrame(bytes.Clone(payload))))
	c.drop()
	return errSoakClosed
}

func (c *soakClient) drop() {
	_ = c.conn.Close()
	c.conn = nil
}

func (c *soakClient) handle(text []byte) error {
	if bytes.HasPrefix(text, []byte(`{"data":"`)) || bytes.HasPrefix(text, []byte(`{"time_data"`)) {
		return c.answered(string(text))
	}
	var msg soakMessage
	if err := json.Unmarshal(text, &msg); err != nil {
		return err
	}
	sub := c.subs[msg.Subscription]
	if sub == nil {
		return errors.New("there is no such subscription")
	}
	skipped, err := c.soak.model.check(sub, &msg)
	if skipped && !c.behind {
		if c.behind = c.wasBehind(); !c.behind {
			return errors.New("telemetry is missing although the session was never behind")
		}
	}
	return err
}

// answered handles the answer to the oldest request.
func (c *soakClient) answered(text string) error {
	if len(c.requests) == 0 {
		return errors.New("nothing was asked")
	}
	r := c.requests[0]
	c.requests = c.requests[1:]
	if err := c.checkSnapshots(); err != nil {
		return err
	}
	name := r.group.String()
	switch {
	case strings.HasPrefix(text, `{"data":"Message `):
		if c.name == "" && r.kind != askRefused && len(c.subs)+len(c.requests) < soakLimits.Subscriptions {
			return errors.New("a process may do that")
		}
	case r.kind == askTime && strings.HasPrefix(text, `{"time_data"`):
	case r.kind == askSubscribe && text == `{"data":"Successfully subscribed to `+name+`"}`:
		sub := c.soak.model.newSoakSubscription(c.hub, r, c.subs[name])
		sub.user = c.name != ""
		c.subs[name] = sub
		c.fresh = append(c.fresh, sub)
	case r.kind == askUnsubscribe && text == `{"data":"Successfully unsubscribed to `+name+`"}`:
		delete(c.subs, name)
	default:
		return fmt.Errorf("not the answer to %+v", r)
	}
	return nil
}

// finish reads until nothing is published any more, waits for the last value of
// everything, and closes.
func (c *soakClient) finish(silent <-chan struct{}) error {
	for done := false; !done && c.conn != nil; {
		select {
		case <-silent:
			done = true
		default:
			if err := c.pump(10 * time.Millisecond); err != nil {
				return err
			}
		}
	}
	if c.conn == nil {
		return nil
	}
	if err := c.await(); err != nil {
		return err
	}
	for until := time.Now().Add(timeout); ; {
		var missing []string
		for _, sub := range c.subs {
			missing = append(missing, sub.missing()...)
		}
		if len(missing) == 0 {
			break
		}
		if time.Now().After(until) {
			return fmt.Errorf("%q misses last values: %s", c.name, strings.Join(missing, "; "))
		}
		if err := c.pump(20 * time.Millisecond); err != nil {
			return err
		}
	}
	return c.closeHandshake()
}

// closeHandshake closes, and reads up to the answer and the end.
func (c *soakClient) closeHandshake() error {
	c.misbehaved = true // the end of the connection is expected
	if err := c.write(ws.NewCloseFrame(ws.NewCloseFrameBody(ws.StatusNormalClosure, "bye"))); err != nil {
		return err
	}
	if err := c.pump(timeout); err != nil {
		return err
	}
	return errors.New("the close frame was not answered")
}
