package auth

import (
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// Networks is a list of networks; a single address is one too.
type Networks []netip.Prefix

// ParseNetworks parses addresses and networks, "10.0.0.7, 10.1.0.0/16
// fd00::/8", with space, comma or semicolon between them. The error names the
// word that is neither.
func ParseNetworks(text string) (Networks, error) {
	var all Networks
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" ,;\t\r\n", r) }) {
		p, err := netip.ParsePrefix(word)
		if err != nil {
			address, errAddress := netip.ParseAddr(word)
			if errAddress != nil || address.Zone() != "" {
				return nil, fmt.Errorf("%q is neither an address such as 10.0.0.7 nor a network such as 10.0.0.0/8", word)
			}
			address = address.Unmap()
			p = netip.PrefixFrom(address, address.BitLen())
		}
		if p, err = plain(p); err != nil {
			return nil, err
		}
		all = append(all, p.Masked())
	}
	return all, nil
}

// plain returns an IPv4-mapped IPv6 network as the IPv4 network.
func plain(p netip.Prefix) (netip.Prefix, error) {
	const mapped = 96 // bits before the IPv4 address
	switch {
	case !p.Addr().Is4In6():
		return p, nil
	case p.Bits() < mapped:
		return p, fmt.Errorf("the network %q holds more than IPv4 addresses in their IPv6 form: write it as IPv4, such as 10.0.0.0/8", p)
	}
	return netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-mapped), nil
}

// Contains reports whether an address is in one of the networks. An
// IPv4-mapped IPv6 address counts as the IPv4 address.
func (n Networks) Contains(address netip.Addr) bool {
	address = address.Unmap().WithZone("")
	for _, p := range n {
		if p.Contains(address) {
			return true
		}
	}
	return false
}

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
