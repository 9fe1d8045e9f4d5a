package websocket

import (
	"fmt"
	"net/http"
	"strconv"

	"github.com/rubin-love/love-go/internal/header"
)

// MaxWindowBits is the largest window of permessage-deflate, as a power of two.
const MaxWindowBits = 15

// AcceptDeflate chooses among the offers of a handshake (RFC 7692, sections 5.1 and 7.1)
// the first that the server can keep, whose window may have MaxWindowBits or smallBits.
// answer is for the header Sec-WebSocket-Extensions; it is empty, and windowBits 0, if
// there is no such offer. Neither side has a context that outlasts a message, because
// the answer says so. An offer that breaks the rules is declined; the connection can do
// without it.
func AcceptDeflate(h http.Header, smallBits int) (answer string, windowBits int) {
	for element := range header.List(h, "Sec-WebSocket-Extensions") {
		e, err := parseExtension(element)
		if err != nil || e.name != deflateName {
			continue
		}
		most, asked, ok := e.serverWindow()
		if !ok || most < smallBits {
			continue
		}
		answer = deflateName + "; " + serverNoTakeover + "; " + clientNoTakeover
		windowBits = MaxWindowBits
		if most < MaxWindowBits {
			windowBits = smallBits
		}
		if asked {
			answer += fmt.Sprintf("; %s=%d", serverMaxWindow, windowBits)
		}
		return answer, windowBits
	}
	return "", 0
}

// serverWindow returns the largest window that an offer of permessage-deflate allows the
// server, and whether it asks for that. ok is false if the offer breaks the rules.
func (e extension) serverWindow() (bits int, asked, ok bool) {
	bits = MaxWindowBits
	seen := make(map[string]bool)
	for _, p := range e.parameters {
		if seen[p.name] {
			return 0, false, false
		}
		seen[p.name] = true
		n, isWindow := windowBits(p.value)
		switch p.name {
		case serverNoTakeover, clientNoTakeover:
			ok = !p.valued
		case clientMaxWindow: // it allows the answer to ask the same of the client, which we do not
			ok = !p.valued || isWindow
		case serverMaxWindow:
			bits, asked, ok = n, true, isWindow
		default:
			ok = false
		}
		if !ok {
			return 0, false, false
		}
	}
	return bits, asked, true
}

// windowBits returns the window of a parameter: 8 to 15, without leading zeros.
func windowBits(value string) (bits int, ok bool) {
	n, err := strconv.Atoi(value)
	return n, err == nil && n >= 8 && n <= MaxWindowBits && strconv.Itoa(n) == value
}
