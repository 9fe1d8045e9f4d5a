package httpserver

import (
	"errors"
	"log/slog"
	"net"
	"slices"
	"sync"
	"syscall"
	"time"
)

// listener is a listener that waits where accepting fails for lack of something.
type listener struct {
	net.Listener
	log    *slog.Logger
	logged time.Time
	closed chan struct{}
	close  sync.Once
}

// Listener returns a listener that waits, and logs now and then, while connections
// cannot be accepted for lack of file descriptors or memory. [http.Server.Serve]
// would log each try, or end.
func Listener(l net.Listener, log *slog.Logger) net.Listener {
	return &listener{Listener: l, log: log, closed: make(chan struct{})}
}

// passing lists the errors of accept(2) that are not those of the listener.
var passing = []error{
	syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM, syscall.ECONNABORTED, syscall.EPROTO, syscall.EPERM,
}

const (
	firstPause = 5 * time.Millisecond
	maxPause   = time.Second
)

// Accept implements net.Listener.
func (l *listener) Accept() (net.Conn, error) {
	for pause := firstPause; ; pause = min(2*pause, maxPause) {
		conn, err := l.Listener.Accept()
		if err == nil || !slices.ContainsFunc(passing, func(e error) bool { return errors.Is(err, e) }) {
			return conn, err
		}
		if now := time.Now(); now.Sub(l.logged) >= logPause {
			l.logged = now
			l.log.Warn("a connection cannot be accepted now; trying again", "error", err)
		}
		select {
		case <-time.After(pause):
		case <-l.closed:
			return nil, net.ErrClosed
		}
	}
}

// Close implements net.Listener.
func (l *listener) Close() error {
	l.close.Do(func() { close(l.closed) })
	return l.Listener.Close()
}
