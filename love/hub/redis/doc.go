// Package redis connects the hubs of several managers over Redis, so that they act as
// one: a [hub.Broker] over Redis 7, a single server, one that sentinels watch, or a cluster.
//
//	broker, err := redis.New("redis://redis.example:6379")
//	…
//	defer broker.Close()
//	h := hub.New(hub.WithBroker(broker))
//
// # What travels
//
// A message that a hub publishes goes to the hubs of its own process at once, without
// Redis, and to the others as one Redis message, however many groups it has. It goes to
// the channel of its component ([hub.Topic]), or, if it is about several, of its category;
// a manager subscribes to the channels of what its sessions want. What a manager published
// itself comes back and is skipped by the origin in its header. Everything of one manager goes through one
// connection, in order; each of its messages has a number, so that those that are sent
// again after a failure are taken once. Between messages of different managers there is no
// order.
//
// The last value of each stream is in a hash of its component, written in the same
// transaction as the message. A manager that begins to want a component subscribes first and
// then reads the hash; a marker, published behind the reading, comes back among the messages
// at the place that the hash stands for, so that both join without a gap, a doubling, or an
// older value behind a newer one.
//
// # When Redis fails
//
// Delivery within a process goes on. Messages for the others wait in a bounded queue, in
// which telemetry is replaced by newer values; beyond the bound the oldest are dropped and
// counted ([Broker.Stats]). [Broker.Check] says what is wrong. When Redis is back, each manager
// sends what waits, writes the last values of its own sources again, and reads the last
// values of what its sessions want: those that they missed are delivered as messages.
//
// A manager that ends, or that cannot be reached for [Options].DeadAfter, takes its sources
// with it: their last values are stale.
//
// docs/scaling.md has the channels and keys, and what happens at each kind of failure.
package redis
