package cli

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"syscall"
)

// defaultListen is the address of a manager that is not told another.
const defaultListen = "127.0.0.1:8000"

// listen opens the address; the error says what to do.
func listen(address string) (net.Listener, error) {
	listener, err := net.Listen("tcp", address)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("%s is in use by another program: choose another port, for example --listen %s", address, another(address))
	case err != nil:
		return nil, fmt.Errorf("cannot listen on %q, give HOST:PORT with --listen: %w", address, err)
	}
	return listener, nil
}

// another is the address with a port further up, as a suggestion.
func another(address string) string {
	a, err := netip.ParseAddrPort(address)
	if err != nil || a.Port() == 65535 {
		return "127.0.0.1:8010"
	}
	return netip.AddrPortFrom(a.Addr(), a.Port()+10-a.Port()%10).String()
}

// urlOf is how a browser on this machine reaches the listener.
func urlOf(listener net.Listener, prefix string) string {
	host := listener.Addr().String()
	if a, err := netip.ParseAddrPort(host); err == nil && a.Addr().IsUnspecified() {
		host = fmt.Sprintf("localhost:%d", a.Port())
	}
	url := "http://" + host
	if prefix = strings.Trim(prefix, "/"); prefix != "" {
		url += "/" + prefix
	}
	return url
}
