package main

import (
	"net/http"
	"slices"
	"strings"
)

// origins are the browser origins whose pages may connect; empty: all.
type origins []string

func (o origins) allow(origin string) bool { return len(o) == 0 || slices.Contains(o, origin) }

// handler hides origins that are not allowed from the API, so that browsers
// get no permission to show the answer. The hub refuses those itself.
func (o origins) handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		origin := r.Header.Get("Origin")
		if origin != "" && !o.allow(origin) && !strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
			r.Header.Del("Origin")
		}
		next.ServeHTTP(w, r)
	})
}
