// Package commander executes commands. [Commander] takes what the manager
// relays and returns the component's acknowledgement; a team plugs in its own by
// implementing that one method. The package has
//
//   - [SAL], which speaks to components through a sal.Domain;
//   - [HTTP], a client of any LOVE-commander, the Python one included;
//   - [NewHandler], the LOVE-commander's HTTP API over any of them;
//   - [Recorder], which keeps a [Record] of who commanded what;
//   - [Authority], which lets a user exclude others for some time and can
//     demand a second person's approval;
//   - [Func], which turns a function into a commander.
//
// The recorder and the authority wrap another commander:
//
//	http, err := commander.NewHTTP("http://commander:5000")
//	recorder := commander.NewRecorder(http, store.Commands())
//	authority := commander.NewAuthority(recorder, commander.WithHolds(store.Holds()))
//
// The program that makes them calls [Record.Interrupted] when it starts and
// [Record.Prune] now and then, runs [Authority.Run], and calls [Recorder.Close]
// before it closes the record's database.
//
// Package lovecsc is the LOVE CSC, which writes observing logs.
package commander
