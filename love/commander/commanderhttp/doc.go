// Package commanderhttp is the HTTP API of a LOVE-commander
// (docs/protocol/commander.md). A [Client] speaks to any LOVE-commander, ours or the
// Python one; [Serve] and [NewHandler] are the API over a commander of ours.
//
//	client, err := commanderhttp.New("http://commander:5000")
//	err := commanderhttp.Serve(ctx, listener, commanderhttp.Backend{Commander: mine})
//
// HTTP statuses exist only here: [Status] and [ResponseOf] derive them from the
// errors of a commander, and a client's errors have the kind that belongs to the
// status. The answers of other LOVE-commanders are passed on byte for byte.
package commanderhttp
