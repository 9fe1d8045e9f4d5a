// Package authority lets a user exclude others from commanding for some time,
// and can demand a second person's approval for some commands. An [Authority]
// wraps a commander; who holds authority over what is kept in a [Store].
//
//	recorder := record.New(inner, store)
//	guarded := authority.New(recorder, authority.WithRecorder(recorder), authority.WithApproval("ATDome:*:open*"))
//
// The program that makes an authority runs [Authority.Run].
package authority
