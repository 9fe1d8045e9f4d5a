// Package hub is the centre of LOVE: clients connect over websockets, join
// groups, and receive what producers publish to them (manager protocol,
// section 2).
//
// A [Hub] is an http.Handler for the websocket endpoint. It needs to be told
// who may connect ([WithGate]); the listener, the log-in and everything else
// of a manager are the caller's.
//
// The way of a message, file by file: reader.go takes frames off a connection,
// request.go decides what they are, broker.go carries data to every hub that
// acts with this one, route.go finds the groups and encodes one frame for each,
// index.go knows who is in a group, outbox.go holds what waits for one session
// and writer.go writes it.
package hub
