// Package commander executes commands. [Commander] takes what the manager
// relays and returns the component's acknowledgement; a team plugs its own by
// implementing that one method. There are
//
//   - [SAL], which speaks to components through a sal.Domain;
//   - [HTTP], a client of any LOVE-commander, the Python one included;
//   - [NewHandler], the LOVE-commander's HTTP API over any of them;
//   - [Recorder], which keeps a [Record] of who commanded what;
//   - [Authority], by which a user excludes others for some time, or a second
//     person has to approve;
//   - [Func], which makes a commander of a function.
//
// The recorder and the authority are commanders before another one:
//
//	http, err := commander.NewHTTP("http://commander:5000")
//	recorder := commander.NewRecorder(http, store.Commands())
//	authority := commander.NewAuthority(recorder, commander.WithHolds(store.Holds()))
//
// Whoever makes them calls [Record.Interrupted] when the program starts,
// [Record.Prune] now and then, [Authority.Run] while it runs and
// [Recorder.Close] before the record's database closes.
//
// Package lovecsc is the LOVE CSC, which writes observing logs.
package commander
