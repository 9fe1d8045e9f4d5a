package producer

import (
	"context"
	"sync"
)

// Transport connects a [Client] with a manager. [*client.Client] is one, over a
// websocket that reconnects; [InProcess] makes one of a hub in the same program.
type Transport interface {
	// OnConnect has f called after each connection; an error ends it. It,
	// OnDisconnect and OnMessage are called before Run.
	OnConnect(f func(ctx context.Context) error)
	// OnDisconnect has f called when the connection is lost, before another is
	// made.
	OnDisconnect(f func())
	// OnMessage has f called with each message received, one after the other.
	OnMessage(f func(ctx context.Context, raw []byte))
	// TrySend sends one message; without a connection it fails at once, with an
	// error that wraps client.ErrNotConnected.
	TrySend(ctx context.Context, msg []byte) error
	// Flush waits until the manager has read what was sent before; an error is
	// that this is not known.
	Flush(ctx context.Context) error
	// Run keeps connected until ctx ends; then it returns nil.
	Run(ctx context.Context) error
}

// Conn is one connection to a hub within the program; hub.Local is one.
type Conn interface {
	Send(ctx context.Context, msg []byte) error
	Receive(ctx context.Context) ([]byte, error)
}

// InProcess is the transport over a connection that is there already. Its Run
// fails when the connection does. The connection stays the caller's to close.
func InProcess(conn Conn) Transport { return &inProcess{conn: conn} }

type inProcess struct {
	conn      Conn
	onConnect func(ctx context.Context) error
	onMessage func(ctx context.Context, raw []byte)
}

func (t *inProcess) OnConnect(f func(ctx context.Context) error)       { t.onConnect = f }
func (t *inProcess) OnDisconnect(func())                               {}
func (t *inProcess) OnMessage(f func(ctx context.Context, raw []byte)) { t.onMessage = f }

func (t *inProcess) TrySend(ctx context.Context, msg []byte) error { return t.conn.Send(ctx, msg) }

// Flush: sending is delivering.
func (t *inProcess) Flush(context.Context) error { return nil }

func (t *inProcess) Run(ctx context.Context) error {
	run, cancel := context.WithCancelCause(ctx)
	var greeting sync.WaitGroup
	defer greeting.Wait()
	defer cancel(nil)
	greeting.Go(func() {
		if err := t.onConnect(run); err != nil {
			cancel(err)
		}
	})
	for {
		msg, err := t.conn.Receive(run)
		if ctx.Err() != nil {
			return nil
		}
		if run.Err() != nil {
			return context.Cause(run)
		}
		if err != nil {
			return err
		}
		t.onMessage(run, msg)
	}
}
