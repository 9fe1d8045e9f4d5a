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
	writing int // requests that have a connection and are not reported as written yet
	stale   int // of these, those that were given up for another try
}

type sendingKey struct{}

// mayFollow returns an error if a redirect comes too late: the caller of the request
// with this context does not wait any more, so the request must not be sent again.
func mayFollow(ctx context.Context) error {
	s, ok := ctx.Value(sendingKey{}).(*sending)
	if !ok || s.caller.Err() == nil {
		return nil
	}
	s.connecting() // nothing was executed
	return context.Cause(s.caller)
}

// newSending returns a context for a request, which ends with ctx as long as the
// request has not left as a whole, and then with that of [commander.Sent].
func newSending(ctx context.Context) (context.Context, *sending) {
	running, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	s := &sending{caller: ctx, cancel: cancel}
	s.endWith(ctx)
	running = context.WithValue(running, sendingKey{}, s)
	return httptrace.WithClientTrace(running, &httptrace.ClientTrace{
		// Also called when the request is sent again: nothing of it was written to a
		// connection that turned out to be closed, or it was redirected.
		GetConn:      func(string) { s.connecting() },
		GotConn:      func(httptrace.GotConnInfo) { s.connected() },
		WroteRequest: func(info httptrace.WroteRequestInfo) { s.written(info.Err == nil) },
	}), s
}

func (s *sending) endWith(ctx context.Context) {
	s.stop = context.AfterFunc(ctx, func() { s.cancel(context.Cause(ctx)) })
}

func (s *sending) connecting() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.traced, s.reached, s.sent, s.stale = true, false, false, s.writing
	s.stop()
	s.endWith(s.caller)
	if s.caller.Err() != nil { // at once: an idle connection may be there
		s.cancel(context.Cause(s.caller))
	}
}

func (s *sending) connected() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reached = true
	s.writing++
}

func (s *sending) written(whole bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writing--
	if s.stale > 0 { // the report comes later than the answer
		s.stale--
		return
	}
	if !whole {
		return
	}
	s.sent = true
	s.stop()
	s.endWith(commander.Sent(s.caller))
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
