// Package client is for programs that use a LOVE-manager, ours or the Python
// one: a websocket that reconnects and subscribes again by itself, subscriptions
// as iterators, publishing, and over HTTP log-in, commands, their record and
// authority over them.
//
//	login, err := client.Login(ctx, "http://localhost:8000", "admin", password)
//	c, err := client.New("http://localhost:8000", client.WithToken(login.Token))
//	go c.Run(ctx)
//	for d, err := range c.Subscribe(ctx, love.StreamGroup(love.CategoryTelemetry, "ATDome", 0, "position")) {
//		...
//	}
//
// love.SubscribeOptions ask for more: the last value first, the past of a stream without a
// gap to what comes live, a rate, a number for each message. docs/javascript.md is about the
// counterpart of this package for pages and Node, love-client.js.
//
// [Client.Run] owns the websocket; [Client.Subscribe], [Client.Send] and
// [Client.Flush] use it. The methods that use HTTP work without Run.
//
// # What is promised
//
// Nothing that arrives is dropped. Each iterator has a bounded buffer; when the
// slowest one is full, the connection is not read until it has room, so a
// consumer that stalls holds up the others of the same [Client], and one that
// stalls for longer than the manager waits for a pong (20 s) loses the
// connection. Give a slow consumer a client of its own.
//
// What the manager sends while there is no connection is not seen; after
// reconnecting, the producers send the present state of subscribed events
// again. [Client.OnSubscribed] reports from when on nothing is missed.
//
// What is not a message of the protocol is logged and ignored.
//
// # Time
//
// Pauses, pings and timeouts use package time; test a program that uses a Client
// under testing/synctest.
package client
