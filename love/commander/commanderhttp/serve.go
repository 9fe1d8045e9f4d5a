package commanderhttp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/rubin-love/love-go/internal/httpserver"
)

const (
	// drainTimeout is how long commands under way may still take when Serve ends.
	drainTimeout = 5 * time.Second
	// answerTime is the part of it that remains for the answers after the commands
	// have been ended.
	answerTime = 500 * time.Millisecond
	// maxPerAddress is how many connections an address may have: a manager has one for
	// each command under way, and two may share an address.
	maxPerAddress = 2 * DefaultMaxRequests
)

// Serve serves the API of [NewHandler] until ctx ends. Then it accepts no more
// requests, waits up to 5 s for commands under way, and returns nil. It closes the
// listener. An error means that the listener failed.
func Serve(ctx context.Context, listener net.Listener, b Backend, opts ...HandlerOption) error {
	h := newHandler(b, opts)
	server := httpserver.New(httpserver.Config{Handler: h.wrap(), Logger: h.log, MaxPerAddress: maxPerAddress})
	requests, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	served := make(chan error, 1)
	go func() { served <- server.Serve(requests, listener) }()
	select {
	case err := <-served:
		return errors.Join(fmt.Errorf("serving: %w", err), server.Close())
	case <-ctx.Done():
	}
	defer time.AfterFunc(drainTimeout-answerTime, end).Stop()
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
	defer cancel()
	if err := server.Shutdown(drain); err != nil {
		h.log.Warn("aborted the commands under way", "error", err)
		_ = server.Close()
	}
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving: %w", err)
	}
	return nil
}
