package cli

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"syscall"

	"github.com/rubin-love/love-go/internal/mask"
)

// defaultListen is the address at which a manager listens by default.
const defaultListen = "127.0.0.1:8000"

// listen listens at the address; its error says what to do.
func listen(address string) (net.Listener, error) {
	listener, err := net.Listen("tcp", address)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("%s is in use by another program: choose another port, for example --listen %s", address, nextPort(address))
	case err != nil:
		return nil, fmt.Errorf("cannot listen on %q, give HOST:PORT with --listen: %w", mask.Address(address), mask.Error(err, address))
	}
	return listener, nil
}

// nextPort returns the address with a higher port, as a suggestion.
func nextPort(address string) string {
	a, err := netip.ParseAddrPort(address)
	if err != nil || a.Port() == 65535 {
		return "127.0.0.1:8010"
	}
	return netip.AddrPortFrom(a.Addr(), a.Port()+10-a.Port()%10).String()
}

// urlOf returns the URL at which a browser on this machine reaches the listener.
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

// withScheme returns a URL as it is with or without TLS.
func withScheme(url string, secure bool) string {
	if rest, ok := strings.CutPrefix(url, "http:"); ok && secure {
		return "https:" + rest
	}
	return url
}

// managerName returns a name that distinguishes this manager's commands from
// those of others in the same record; it is the same after a restart.
func managerName(listener net.Listener) string {
	host, err := os.Hostname()
	if err != nil {
		host = "localhost"
	}
	if at, ok := listener.Addr().(*net.TCPAddr); ok {
		host += ":" + strconv.Itoa(at.Port)
	}
	return host
}
