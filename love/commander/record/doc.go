// Package record keeps who commanded what, and the outcome. A [Recorder] wraps
// a commander and writes an entry into a [Store] before each command is sent,
// and then its outcome. A command that cannot be recorded is not sent.
//
//	recorder := record.New(inner, record.NewMemory(0), record.WithManager("summit"))
//	defer recorder.Close(ctx)
//
// The program that makes a recorder calls [Store.Interrupted] when it starts,
// [Store.Prune] now and then, and [Recorder.Close] before it closes the store.
package record
