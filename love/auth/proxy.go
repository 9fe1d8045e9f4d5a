package auth

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// ClientAddress is the network address of who made a request, behind the
// proxies that are trusted; headers of anybody else are not believed. It is
// what X-Forwarded-For gives behind the last hop that is trusted, or its first
// hop if all of them are, or else X-Real-IP. It is empty if a trusted proxy sent
// one of them and no single address follows: the two contradict each other, or
// are no addresses, and so the proxy passes on what clients claim.
func (trusted Networks) ClientAddress(r *http.Request) string {
	own := Address(r)
	peer, err := netip.ParseAddr(own)
	if err != nil || !trusted.Contains(peer) {
		return own
	}
	forwarded, reals := r.Header.Values("X-Forwarded-For"), r.Header.Values("X-Real-Ip")
	client, ok := netip.Addr{}, true
	switch {
	case len(forwarded) == 0 && len(reals) == 0:
		return own
	case len(forwarded) > 0:
		client, ok = trusted.forwardedFor(forwarded)
	}
	for _, text := range reals {
		real, okReal := parseHop(text)
		ok = ok && okReal
		switch {
		case !client.IsValid():
			client = real
		case !trusted.Contains(real): // what is trusted is a hop, and no claim
			ok = ok && real == client
		}
	}
	if !ok {
		return ""
	}
	return client.String()
}

// forwardedFor is the last hop of X-Forwarded-For that is no trusted proxy, or
// the first of all. What stands before it was not read: anybody may claim it.
func (trusted Networks) forwardedFor(values []string) (client netip.Addr, ok bool) {
	for _, hop := range slices.Backward(strings.Split(strings.Join(values, ","), ",")) {
		if client, ok = parseHop(hop); !ok || !trusted.Contains(client) {
			return client, ok
		}
	}
	return client, ok
}

// parseHop reads an address, with a port or without.
func parseHop(text string) (netip.Addr, bool) {
	text = strings.TrimSpace(text)
	if with, err := netip.ParseAddrPort(text); err == nil {
		return with.Addr().Unmap(), true
	}
	address, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(text, "["), "]"))
	return address.Unmap(), err == nil
}
