package commanderhttp

import (
	"context"
	"net/http/httptrace"
	"sync"

	"github.com/rubin-love/love-go/love/commander"
)

// sending follows one request until it has left.
type sending struct {
	caller context.Context
	cancel context.CancelCauseFunc // ends the context of the request

	mu      sync.Mutex
	stop    func() bool // ends the influence of the caller's context
	traced  bool        // the transport reports what it does
	reached bool        // a connection was there, so that bytes may have left
	sent    bool
}

type sendingKey struct{}

// newSending returns a context for a request, which ends with ctx as long as the
// request has not left as a whole, and then with that of [commander.Sent].
func newSending(ctx context.Context) (context.Context, *sending) {
	running, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	s := &sending{caller: ctx, cancel: cancel}
	s.endWith(ctx)
	running = context.WithValue(running, sendingKey{}, s)
	return httptrace.WithClientTrace(running, &httptrace.ClientTrace{
		// Also called when a connection from the pool turned out to be closed, and
		// nothing of the request was written to it.
		GetConn: func(string) { s.connecting() },
		GotConn: func(httptrace.GotConnInfo) { s.connected() },
		WroteRequest: func(info httptrace.WroteRequestInfo) {
			if info.Err == nil {
				s.written()
			}
		},
	}), s
}

func (s *sending) endWith(ctx context.Context) {
	s.stop = context.AfterFunc(ctx, func() { s.cancel(context.Cause(ctx)) })
}

func (s *sending) connecting() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.traced, s.reached = true, false
}

func (s *sending) connected() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reached = true
}

func (s *sending) written() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent = true
	s.stop()
	s.endWith(commander.Sent(s.caller))
}

// redirected reports that the request must be sent again, somewhere else, to be
// executed.
func redirected(ctx context.Context) {
	s, ok := ctx.Value(sendingKey{}).(*sending)
	if !ok {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent = false
	s.stop()
	s.endWith(s.caller)
}

// nothingLeft reports whether nothing of the request can have been sent.
func (s *sending) nothingLeft() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.traced && !s.reached && !s.sent
}

// end releases what the request held.
func (s *sending) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stop()
	s.cancel(context.Canceled)
}
