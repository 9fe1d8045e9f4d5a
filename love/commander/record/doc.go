// Package record keeps a record of who commanded what, and of the outcome. A
// [Recorder] wraps a commander; it writes an entry into a [Store] before each
// command is sent, and its outcome afterwards. A command that cannot be recorded
// is not sent.
//
//	recorder := record.New(inner, record.NewMemory(0), record.WithManager("summit"))
//	defer recorder.Close(ctx)
//
// A program that makes a recorder should call [Store.Interrupted] when it starts,
// [Store.Prune] from time to time, and [Recorder.Close] before it closes the store.
package record
