// Package websocket has the parts of RFC 6455 that the hub and its clients share,
// where github.com/gobwas/ws is stricter or laxer than the protocol.
package websocket

import (
	"unicode/utf8"

	"github.com/gobwas/ws"
)

// CloseAnswer returns the payload of the close frame that answers one with the
// given payload: its code, or nothing if there is none. If the payload breaks the
// protocol, violation is the code to close with; otherwise it is 0.
func CloseAnswer(payload []byte) (answer []byte, violation ws.StatusCode) {
	if len(payload) == 0 {
		return nil, 0
	}
	code, reason := ws.ParseCloseFrameData(payload)
	switch {
	case len(payload) < 2 || !validCloseCode(code):
		return nil, ws.StatusProtocolError
	case !utf8.ValidString(reason):
		return nil, ws.StatusInvalidFramePayloadData
	}
	return payload[:2:2], 0
}

// validCloseCode reports whether a peer may send the code. The check of package
// ws refuses 1012 to 1014, which the registry of RFC 6455 has since defined.
func validCloseCode(c ws.StatusCode) bool {
	return c >= 1000 && c <= 1003 || c >= 1007 && c <= 1014 || c >= 3000 && c <= 4999
}
