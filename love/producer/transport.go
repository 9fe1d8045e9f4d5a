package producer

import (
	"context"
	"errors"
	"sync"
)

// Transport connects a [Client] to a manager: [*client.Client] by a websocket that
// reconnects, [InProcess] within the program.
type Transport interface {
	// OnConnect sets the function to call after each connection; an error from f
	// ends the connection. OnConnect, OnDisconnect and OnMessage are called before
	// Run.
	OnConnect(f func(ctx context.Context) error)
	// OnDisconnect sets the function to call when the connection is lost, before
	// the next one is made.
	OnDisconnect(f func())
	// OnMessage sets the function to call with each received message, in order and
	// one at a time.
	OnMessage(f func(ctx context.Context, raw []byte))
	// TrySend sends one message. Without a connection it fails at once with an
	// error that wraps client.ErrNotConnected.
	TrySend(ctx context.Context, msg []byte) error
	// Flush waits until the manager has read what was sent before. It returns an
	// error if it cannot know.
	Flush(ctx context.Context) error
	// Run keeps the connection up until ctx ends; then it returns nil.
	Run(ctx context.Context) error
}

// Conn is a connection to a hub within the program. Package hub's Local implements
// it.
type Conn interface {
	Send(ctx context.Context, msg []byte) error
	Receive(ctx context.Context) ([]byte, error)
}

// InProcess returns a transport over an existing connection. Its Run returns an
// error when the connection fails. The caller closes the connection.
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

// Flush has nothing to do, because Send delivers at once.
func (t *inProcess) Flush(context.Context) error { return nil }

func (t *inProcess) Run(ctx context.Context) error {
	if isNil(t.conn) {
		return errors.New("producer: the Conn given to InProcess is nil: give the Local of a hub")
	}
	run, cancel := context.WithCancelCause(ctx)
	var connecting sync.WaitGroup
	defer connecting.Wait()
	defer cancel(nil)
	connecting.Go(func() {
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
