// Package authority lets a user exclude others from commanding for some time,
// and can demand a second person's approval for some commands. An [Authority]
// wraps a commander and keeps the holds in a [Store].
//
//	recorder := record.New(inner, store)
//	guarded := authority.New(recorder, authority.WithRecorder(recorder), authority.WithApproval("ATDome:*:open*"))
//
// A program that makes an authority must run [Authority.Run].
package authority
