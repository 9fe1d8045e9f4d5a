package auth

import (
	"net/http"
	"net/netip"
	"strings"
)

// ClientAddress is the network address of who made a request, behind the
// proxies that are trusted; headers of anybody else are not believed. It is
// what X-Forwarded-For gives behind the last hop that is trusted, or else
// X-Real-IP. If the two contradict each other, the proxy passes on what
// clients claim, and only its own address is sure.
func (trusted Networks) ClientAddress(r *http.Request) string {
	own := Address(r)
	peer, err := netip.ParseAddr(own)
	if err != nil || !trusted.Contains(peer) {
		return own
	}
	forwarded, okForwarded := trusted.forwardedFor(r)
	real, errReal := netip.ParseAddr(strings.TrimSpace(r.Header.Get("X-Real-Ip")))
	okReal := errReal == nil && !trusted.Contains(real)
	switch {
	case okForwarded && okReal && forwarded != real.Unmap():
		return own
	case okForwarded:
		return forwarded.String()
	case okReal:
		return real.Unmap().String()
	}
	return own
}

// forwardedFor is the last hop of X-Forwarded-For that is no trusted proxy.
func (trusted Networks) forwardedFor(r *http.Request) (netip.Addr, bool) {
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0; i-- {
		address, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			return netip.Addr{}, false
		}
		if !trusted.Contains(address) {
			return address.Unmap(), true
		}
	}
	return netip.Addr{}, false
}
