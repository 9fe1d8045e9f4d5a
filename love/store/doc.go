// Package store is the project's one database: SQLite (pure Go, a file or in
// memory) or PostgreSQL, behind the small interfaces of the packages that keep
// something there. [Open] one, then take what is needed: [Store.Users],
// [Store.TokenStore], [Store.Keyring], [Store.AuditLog], [Store.Commands],
// [Store.Holds].
//
// Both databases run the same migrations (folder migrations, embedded) and the
// same queries. What every request needs (users, revocations, who holds
// authority) is held in memory: a change made through this Store is seen at
// once, one made by another process within [PollPeriod].
package store
