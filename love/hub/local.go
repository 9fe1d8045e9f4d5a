package hub

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/gobwas/ws"

	"github.com/rubin-love/love-go/love/auth"
)

// ErrClosed is returned by a [Local] after it or its hub has been closed. The error
// that wraps it says why, if it was not [Local.Close].
var ErrClosed = errors.New("the connection to the hub is closed")

// Local is a connection to the hub within the process. It has the same
// messages and rules as a websocket.
type Local struct {
	session *session
	woken   chan struct{} // frames wait

	sendMu   sync.Mutex // held while sending
	messages messageHandler

	receiveMu sync.Mutex // held while receiving
	consuming bool       // this is the outbox's consumer
	frame     []*frame   // the one that is being received
	written   int        // bytes received, since the outbox was last informed
	closed    error      // why the hub has closed the connection; nil if it has not
}

// LocalOption changes a default of a [Local].
type LocalOption func(*sessionOptions)

// LocalInterval sets the least time after which telemetry wakes a waiting
// [Local.Receive] again, as [WithWriteInterval] does for connections: many messages then
// cost one change of goroutines. Default: each message wakes it.
func LocalInterval(d time.Duration) LocalOption {
	d = min(max(d, 0), MaxWriteInterval)
	return func(o *sessionOptions) { o.interval = &d }
}

// Local opens a connection within the process for p.
func (h *Hub) Local(p auth.Principal, opts ...LocalOption) *Local {
	o := sessionOptions{interval: new(time.Duration)}
	for _, set := range opts {
		set(&o)
	}
	l := &Local{session: h.newSession(p, o), woken: make(chan struct{}, 1)}
	l.session.sink = localSink{l}
	l.messages.session = l.session
	h.add(l.session)
	return l
}

// Send hands a message to the hub as a websocket client would and returns when
// it has been routed. The answer, if any, comes through [Local.Receive]. The
// hub does not keep msg.
func (l *Local) Send(ctx context.Context, msg []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	l.sendMu.Lock()
	defer l.sendMu.Unlock()
	if l.session.out.isFinished() {
		return ErrClosed
	}
	l.messages.handle(msg)
	l.messages.flush()
	return nil
}

// Receive waits for the next message and returns it. The error is ctx's or
// wraps [ErrClosed]. The message is shared: do not change it.
func (l *Local) Receive(ctx context.Context) ([]byte, error) {
	l.receiveMu.Lock()
	defer l.receiveMu.Unlock()
	for {
		if !l.consuming && !l.session.out.startConsuming() {
			return nil, cmp.Or(l.closed, ErrClosed)
		}
		// One at a time, so that what was not received is still in the outbox when the
		// connection is closed.
		l.frame = l.session.out.take(l.frame[:0], 1, l.written)
		l.written = 0
		if l.consuming = len(l.frame) > 0; l.consuming {
			f := l.frame[0]
			l.frame[0], l.written = nil, len(f.bytes)
			switch ws.OpCode(f.bytes[0] & 0x0f) {
			case ws.OpText:
				if f.counted {
					l.session.hub.counters.deliver(1)
				}
				return f.payload(), nil
			case ws.OpClose:
				l.session.lost()
				_, reason := ws.ParseCloseFrameData(f.payload())
				l.closed = fmt.Errorf("%w: %s", ErrClosed, reason)
				return nil, l.closed
			}
			continue
		}
		select {
		case <-l.woken:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// Close leaves all groups and ends the connection. It may be called more than
// once.
func (l *Local) Close() error {
	l.sendMu.Lock()
	defer l.sendMu.Unlock()
	l.session.hub.remove(l.session)
	l.session.lost()
	localSink{l}.wake()
	return nil
}

// localSink wakes a Local that waits in Receive.
type localSink struct{ *Local }

func (l localSink) wake() {
	select {
	case l.woken <- struct{}{}:
	default:
	}
}

func (l localSink) setTimeout(time.Duration)    {}
func (l localSink) press()                      { l.wake() }
func (l localSink) answered([]byte) bool        { return false }
func (l localSink) lag(time.Time) time.Duration { return 0 }
func (l localSink) abort()                      {}
