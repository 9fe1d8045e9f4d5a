package hub

import "github.com/gobwas/ws"

// CloseReason is why the hub ended a session. Each has one close code and one
// metric label.
type CloseReason uint8

// The reasons. Code 1000 makes the LOVE-frontend stay away, so that only a
// dead credential has it.
const (
	CloseCredential  CloseReason = iota // the token was deleted or expired, or its user disabled
	CloseShutdown                       // the manager goes away
	CloseProtocol                       // the peer broke RFC 6455
	CloseInvalidText                    // a text frame that is not UTF-8
	CloseTooBig                         // a message above the limit
	CloseSlow                           // more waits for the session than it may
	CloseSilent                         // a ping got no answer
	ClosePeer                           // the peer closed, or went away
	closeReasons
)

type closeInfo struct {
	label string
	code  ws.StatusCode
	text  string
}

var closeInfos = [closeReasons]closeInfo{
	CloseCredential:  {"credential", ws.StatusNormalClosure, "the log-in has ended"},
	CloseShutdown:    {"shutdown", ws.StatusGoingAway, "the manager is shutting down"},
	CloseProtocol:    {"protocol", ws.StatusProtocolError, "a frame broke the websocket protocol"},
	CloseInvalidText: {"invalid_text", ws.StatusInvalidFramePayloadData, "a text frame must be UTF-8"},
	CloseTooBig:      {"too_big", ws.StatusMessageTooBig, "the message is larger than this connection may send"},
	CloseSlow:        {"slow", ws.StatusCode(1013), "too much was waiting to be read: read faster, or subscribe to less"},
	CloseSilent:      {"silent", ws.StatusGoingAway, "a ping was not answered"},
	ClosePeer:        {"peer", ws.StatusNormalClosure, ""},
}

// String is the metric label of the reason.
func (r CloseReason) String() string { return closeInfos[r].label }

// frame is the close frame to send for the reason.
func (r CloseReason) frame() *frame {
	return closeFrame(ws.NewCloseFrameBody(closeInfos[r].code, closeInfos[r].text))
}
