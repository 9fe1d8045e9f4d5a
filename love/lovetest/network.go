package lovetest

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"

	"github.com/rubin-love/love-go/internal/pipenet"
)

// network is how a manager is reached.
type network interface {
	// listen opens it, again after each kill at the same URL.
	listen() (net.Listener, error)
	url() string
	dial(ctx context.Context, network, address string) (net.Conn, error)
}

// port is a port of this machine, and the rest of the network.
type port struct{ address string }

func (p *port) listen() (net.Listener, error) {
	if time.Now().Year() == 2000 { // as only in a bubble, where synctest.Wait would wait for ever
		return nil, errors.New("a port cannot be used in a bubble of testing/synctest: give NewManager the option InProcess()")
	}
	l, err := net.Listen("tcp", p.address)
	if err == nil {
		p.address = l.Addr().String()
	}
	return l, err
}

func (p *port) url() string { return "http://" + p.address }

func (p *port) dial(ctx context.Context, network, address string) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, network, address)
}

// pipes is a network within the process.
type pipes struct {
	mu  sync.Mutex
	now *pipenet.Network
}

func (p *pipes) listen() (net.Listener, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.now = pipenet.New()
	return p.now, nil
}

func (p *pipes) url() string { return "http://lovetest" }

func (p *pipes) dial(ctx context.Context, network, address string) (net.Conn, error) {
	p.mu.Lock()
	now := p.now
	p.mu.Unlock()
	return now.DialContext(ctx, network, address)
}

// killableListener is a listener that can close all connections it has accepted.
type killableListener struct {
	net.Listener
	mu     sync.Mutex
	killed bool
	conns  map[net.Conn]bool
}

// Accept implements [net.Listener].
func (k *killableListener) Accept() (net.Conn, error) {
	conn, err := k.Listener.Accept()
	if err != nil {
		return nil, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.killed {
		_ = conn.Close()
	}
	k.conns[conn] = true
	return conn, nil
}

func (k *killableListener) kill() {
	_ = k.Close()
	k.mu.Lock()
	defer k.mu.Unlock()
	k.killed = true
	for conn := range k.conns {
		_ = conn.Close()
	}
}
