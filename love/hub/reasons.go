package hub

import "github.com/gobwas/ws"

// CloseReason is why a session ended. Each has one close code and one metric
// label ([CloseReason.String]).
type CloseReason uint8

// The close reasons. Code 1000 makes the LOVE-frontend stay away, so it is sent
// only when the credential is no longer valid.
const (
	CloseCredential  CloseReason = iota // the token was deleted or expired, or its user disabled
	CloseShutdown                       // the manager is shutting down
	CloseProtocol                       // the peer broke RFC 6455
	CloseInvalidText                    // a text, or the reason of a close frame, that is not UTF-8
	CloseTooBig                         // a message above the limit
	CloseSlow                           // more waits for the session than is allowed
	CloseSilent                         // a ping got no answer
	CloseRate                           // more requests in a second than a user may send
	CloseMemory                         // more waits for all sessions of the user, or for all of the hub, than is allowed
	ClosePeer                           // the peer closed, or went away
	closeReasons
)

var closeInfos = [closeReasons]struct {
	label string
	code  ws.StatusCode
	text  string
}{
	CloseCredential:  {"credential", ws.StatusNormalClosure, "the log-in has ended"},
	CloseShutdown:    {"shutdown", 1012, "the manager is shutting down"},
	CloseProtocol:    {"protocol", ws.StatusProtocolError, "a frame broke the websocket protocol"},
	CloseInvalidText: {"invalid_text", ws.StatusInvalidFramePayloadData, "text must be UTF-8"},
	CloseTooBig:      {"too_big", ws.StatusMessageTooBig, "the message is larger than this connection may send"},
	CloseSlow:        {"slow", 1013, "too much was waiting to be read: read faster, or subscribe to less"},
	CloseSilent:      {"silent", ws.StatusGoingAway, "a ping was not answered"},
	CloseRate:        {"rate", ws.StatusPolicyViolation, "too many requests in a second: subscribe once to what you need"},
	CloseMemory:      {"memory", 1013, "too much was waiting to be read by all connections together: read faster, or subscribe to less"},
	ClosePeer:        {"peer", ws.StatusNormalClosure, ""},
}

// String returns the metric label of the reason.
func (r CloseReason) String() string { return closeInfos[r].label }

// frame returns the close frame to send for the reason.
func (r CloseReason) frame() *frame {
	return closeFrame(ws.NewCloseFrameBody(closeInfos[r].code, closeInfos[r].text))
}

// Denial is why the hub did not do what a client asked. Each has one metric
// label ([Denial.String]). The client always gets an answer, except for
// [DenyMaxRate] and [DenyBroker].
type Denial uint8

// The denials.
const (
	DenyGate              Denial = iota // handshake: the gate refused it
	DenyOrigin                          // handshake: a page of a foreign origin
	DenyFull                            // handshake: there are as many sessions as allowed
	DenyUserFull                        // handshake: the user has too many sessions
	DenyShutdown                        // handshake: the hub is ending
	DenyMalformed                       // a message that breaks a rule of the protocol
	DenyPublish                         // a data message that this connection may not send
	DenySubscriptions                   // a subscription beyond the limit of a session
	DenyGroupName                       // a group whose name is too long
	DenySubscriptionBytes               // a subscription beyond the memory for those of a user, or of all
	DenySnapshot                        // a subscription with a snapshot beyond what a user may get in a time
	DenyMaxRate                         // a max_rate that was not kept, for lack of memory to hold messages back
	DenyBroker                          // messages that the broker failed to publish, or delivered broken
	denials
)

var denialLabels = [denials]string{
	DenyGate: "gate", DenyOrigin: "origin", DenyFull: "full", DenyUserFull: "user_full", DenyShutdown: "shutdown",
	DenyMalformed: "malformed", DenyPublish: "publish", DenySubscriptions: "subscriptions", DenyGroupName: "group_name",
	DenySubscriptionBytes: "subscription_bytes", DenySnapshot: "snapshot", DenyMaxRate: "max_rate",
	DenyBroker: "broker",
}

// String returns the metric label of the denial.
func (d Denial) String() string { return denialLabels[d] }

// Drop is why something was not delivered, or not kept. Each has one metric
// label ([Drop.String]).
type Drop uint8

// The drops.
const (
	DropBacklog      Drop = iota // telemetry replaced by a newer value while its session was behind
	DropRate                     // a message replaced by a newer one under the subscription's max_rate
	DropRequest                  // an initial_state request merged with another of its stream
	DropRequestLimit             // an initial_state request of a user, or to a component, of which too many wait
	DropClosed                   // waited for a session that was closed as slow, or whose peer went away
	DropSnapshot                 // a last value not kept for lack of memory
	drops
)

var dropLabels = [drops]string{
	DropBacklog: "backlog", DropRate: "rate", DropRequest: "request", DropRequestLimit: "request_limit", DropClosed: "closed", DropSnapshot: "snapshot",
}

// String returns the metric label of the drop.
func (d Drop) String() string { return dropLabels[d] }
