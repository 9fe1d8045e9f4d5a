package main

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// edge is what stands between the network and the manager: which proxies are
// believed, and which pages may connect.
type edge struct {
	proxies []netip.Prefix
	origins []string // empty: all
}

// allowsOrigin tells whether pages of an origin may connect.
func (e edge) allowsOrigin(origin string) bool {
	return len(e.origins) == 0 || slices.Contains(e.origins, origin)
}

// handler puts the client's own address into requests that came through a
// trusted proxy, and hides origins that are not allowed from the API, so that
// browsers get no permission to show the answer. The hub refuses those itself.
func (e edge) handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if client, ok := e.client(r); ok {
			r.RemoteAddr = net.JoinHostPort(client.String(), "0")
		}
		origin := r.Header.Get("Origin")
		if origin != "" && !e.allowsOrigin(origin) && !strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
			r.Header.Del("Origin")
		}
		next.ServeHTTP(w, r)
	})
}

// client is who asked the proxy that asks us: X-Real-IP, or in X-Forwarded-For
// the last one that is no trusted proxy itself.
func (e edge) client(r *http.Request) (netip.Addr, bool) {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || !e.trusts(peer.Addr()) {
		return netip.Addr{}, false
	}
	if real, err := netip.ParseAddr(strings.TrimSpace(r.Header.Get("X-Real-IP"))); err == nil {
		return real, true
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		address, err := netip.ParseAddr(strings.TrimSpace(hop))
		if err != nil {
			return netip.Addr{}, false
		}
		if !e.trusts(address) {
			return address, true
		}
	}
	return netip.Addr{}, false
}

func (e edge) trusts(address netip.Addr) bool {
	return slices.ContainsFunc(e.proxies, func(p netip.Prefix) bool { return p.Contains(address.Unmap()) })
}
