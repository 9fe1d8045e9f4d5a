package auth

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// ClientAddress returns the network address of the client that made a request.
// Only headers from a trusted proxy count: the address is the last one of
// X-Forwarded-For that is not trusted, or the first if all are, or else that
// of X-Real-IP. It is empty if the headers of a trusted proxy hold something
// else than addresses or contradict each other, because then the proxy passes
// on what clients claim.
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
		case !trusted.Contains(real): // a trusted address is that of a hop, not of the client
			ok = ok && real == client
		}
	}
	if !ok {
		return ""
	}
	return client.String()
}

// forwardedFor returns the last hop of X-Forwarded-For that is not a trusted
// proxy, or the first of all. It ignores what stands before, because anybody
// may claim that.
func (trusted Networks) forwardedFor(values []string) (client netip.Addr, ok bool) {
	for _, hop := range slices.Backward(strings.Split(strings.Join(values, ","), ",")) {
		if client, ok = parseHop(hop); !ok || !trusted.Contains(client) {
			return client, ok
		}
	}
	return client, ok
}

// parseHop parses an address, with or without a port.
func parseHop(text string) (netip.Addr, bool) {
	text = strings.TrimSpace(text)
	if with, err := netip.ParseAddrPort(text); err == nil {
		return with.Addr().Unmap(), true
	}
	address, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(text, "["), "]"))
	return address.Unmap(), err == nil
}
