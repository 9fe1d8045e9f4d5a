package websocket

import (
	"errors"
	"strings"
)

// The names of permessage-deflate and its parameters (RFC 7692, section 7.1).
const (
	deflateName      = "permessage-deflate"
	serverNoTakeover = "server_no_context_takeover"
	clientNoTakeover = "client_no_context_takeover"
	serverMaxWindow  = "server_max_window_bits"
	clientMaxWindow  = "client_max_window_bits"
)

// extension is one element of the header Sec-WebSocket-Extensions.
type extension struct {
	name       string
	parameters []parameter
}

type parameter struct {
	name, value string
	valued      bool // it has a value
}

func (e extension) has(name string) bool {
	for _, p := range e.parameters {
		if p.name == name {
			return true
		}
	}
	return false
}

var errExtension = errors.New("not an extension with parameters")

// parseExtension reads one element (RFC 6455, section 9.1): tokens, and values that are
// tokens or quoted ones.
func parseExtension(element string) (e extension, err error) {
	for i, part := range strings.Split(element, ";") { // no token has a semicolon
		name, value, valued := strings.Cut(part, "=")
		name, value = trim(name), trim(value)
		if n := len(value); n >= 2 && value[0] == '"' && value[n-1] == '"' {
			value = value[1 : n-1]
		}
		switch {
		case !isToken(name) || valued && !isToken(value) || i == 0 && valued:
			return extension{}, errExtension
		case i == 0:
			e.name = name
		default:
			e.parameters = append(e.parameters, parameter{name, value, valued})
		}
	}
	return e, nil
}

func trim(s string) string { return strings.Trim(s, " \t") }

// isToken reports whether s is a token of HTTP (RFC 9110, section 5.6.2).
func isToken(s string) bool {
	for i := range len(s) {
		c := s[i]
		if c <= ' ' || c >= 0x7f || strings.IndexByte(`"(),/:;<=>?@[\]{}`, c) >= 0 {
			return false
		}
	}
	return s != ""
}
