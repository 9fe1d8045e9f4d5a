// Package origin knows how browsers write the origin of a page.
package origin

import (
	"net/url"
	"strings"
)

// Is reports whether a text is an origin as browsers send it: scheme, host
// and a port that is not the scheme's usual one.
func Is(text string) bool {
	u, err := url.Parse(text)
	if err != nil || u.Scheme == "" || u.Host == "" || text != strings.ToLower(text) {
		return text == "null" // of a page in a file
	}
	usual := u.Scheme == "http" && u.Port() == "80" || u.Scheme == "https" && u.Port() == "443"
	return text == u.Scheme+"://"+u.Host && !usual
}
