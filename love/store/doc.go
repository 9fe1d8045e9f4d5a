// Package store keeps everything that outlives a manager in one database, SQLite
// (pure Go, a file or in memory) or PostgreSQL. A [Store] implements the storage
// interfaces of the other packages: [Open] one, and pass its parts on, or the whole
// Store as the Storage of a love/server.
//
//   - [Store.Users]: accounts and groups, an auth.UserStore
//   - [Store.TokenStore] and [Store.Keyring]: tokens and their keys, for auth/jwt
//   - [Store.AuditLog]: an audit.Log
//   - [Store.Commands]: the record of commands, a record.Store
//   - [Store.Holds]: authority over commands, an authority.Store
//
// Both databases run the same migrations (folder migrations, embedded) and the
// same queries. The data that every request needs (users, revocations, holds)
// is cached in memory: a change made through this Store is visible at once, one
// made by another process within [PollPeriod].
package store
