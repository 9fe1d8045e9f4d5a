// Package hub is the centre of LOVE: clients connect over websockets, join
// groups, and receive what producers publish to them (manager protocol,
// section 2).
//
// A [Hub] is an http.Handler for the websocket endpoint. It needs to be told
// who may connect ([WithGate]); the listener, the log-in and everything else
// of a manager are up to the caller. Within the same program no socket is needed:
// [Hub.Publish], [Hub.Subscribe] and [Hub.Local].
//
// # How a message travels
//
// File by file: reader.go takes frames off a connection, request.go decides
// what they are, broker.go carries them to every hub that acts as one with this one,
// route.go finds the groups and encodes one frame for each, index.go knows who
// is in a group and last.go the newest value of each stream, outbox.go holds
// what waits for one session and writer.go writes it.
//
// # What is promised
//
// A session that keeps up gets everything, in the order of each sender, byte for
// byte. One that falls behind delays nobody: waiting telemetry is replaced by newer
// values of its stream, events and answers are kept up to a bound, and exceeding
// it closes the session with code 1013. Everything that is not delivered is
// counted under a [Drop], everything refused under a [Denial], every end of a
// session under a [CloseReason]; see [Hub.Stats] and [Observer].
//
// # What a client may ask for
//
// Beyond the protocol of the Python manager, in a subscription: "snapshot":
// true for the last value first (marked "snapshot", and "stale" when its source
// has gone), "seq": true for a counter per stream, "max_rate": hertz, and "*"
// in place of csc, salindex or stream to match any. In the query of the
// connection's URL: nan=null for strict JSON, snapshot=1 for a snapshot with every
// subscription. Group event-Hub-0-sources tells which publishers come and go.
// A client that asks for none of this sees the plain protocol.
package hub
