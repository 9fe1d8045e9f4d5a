// Package hub distributes the messages of LOVE: clients connect over
// websockets, join groups, and receive what producers publish to them
// (docs/protocol/manager.md).
//
// A [Hub] is an http.Handler for the websocket endpoint. It needs a [Gate] that
// decides who may connect; the listener, the log-in and everything else of a
// manager are up to the caller. Within the same program no socket is needed:
// [Hub.Publish], [Hub.Subscribe] and [Hub.Local].
//
// # What is promised
//
// A session that keeps up gets everything, in the order of each sender, byte for
// byte. One that falls behind delays nobody: waiting telemetry is replaced by
// newer values of its stream; events and answers are kept up to a bound, and
// exceeding it closes the session with code 1013. Everything that is not
// delivered is counted under a [Drop], everything refused under a [Denial],
// every end of a session under a [CloseReason]; see [Hub.Stats] and [Observer].
// What clients can make the hub hold is bounded by [Limits].
//
// # What a client may ask for
//
// Beyond the protocol of the Python manager, in a subscription: "snapshot":
// true for the last value first (marked "snapshot", and "stale" when its source
// has gone), "seq": true for a counter per stream, "max_rate": hertz, "history": seconds
// for what an archive has of the stream before what is live ([WithHistory]), and "*" in
// place of csc, salindex or stream to match any. In the query of the connection's URL: nan=null for strict JSON, snapshot=1 for a snapshot with every
// subscription, write_interval=20 for the milliseconds between two writes of
// telemetry. The group event-Hub-0-sources reports which publishers come and
// go. Who offers permessage-deflate in the handshake gets messages compressed, each once
// for all of them ([WithCompression], compression.go). A client that asks for none of
// this sees the plain protocol.
//
// # How a message travels
//
// A connection is opened in handshake.go and is then a session (session.go).
// Its reader (reader.go) hands each message to its handler (messagehandler.go),
// which answers requests and collects what is published during one burst, that
// is, what one read of the connection brought. The broker (broker.go) carries a
// batch to every hub that acts as one with this one. There the router
// (router.go) finds the groups of each message (index.go), stores the newest
// value of each stream (lastvalue.go), encodes one frame for each group
// (encode.go, frame.go) and queues it in the outbox of each member (outbox.go).
// At the end of the batch the sessions that got frames are woken, and the
// writer of each (writer.go) writes them with one system call.
package hub
