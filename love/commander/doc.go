// Package commander is the interface between the manager and the components: a
// [Commander] takes a [Call] and returns the component's acknowledgement, or an
// [*Error] that says what is known about the command. A team plugs in its own
// by implementing that one method, or with [Func]. It may also be a [Checker],
// an [Informer], a [Heartbeater] or a [Logbook].
//
// Whoever accepts a command sets its time limit with [Within]; the commanders
// behind it take the limit from the context, and call [Report] with the
// progress that extends it.
//
// The packages below this one are
//
//   - salcommander, which speaks to components over SAL;
//   - commanderhttp, the LOVE-commander's HTTP API: a client of any
//     LOVE-commander, the Python one included, and a handler over any commander;
//   - record, which keeps who commanded what, and the outcome;
//   - authority, which lets a user exclude others for some time and can demand a
//     second person's approval;
//   - lovecsc, the LOVE CSC, which writes observing logs.
//
// The record and the authority wrap another commander:
//
//	client, err := commanderhttp.New("http://commander:5000")
//	recorder := record.New(client, store.Commands())
//	guarded := authority.New(recorder, authority.WithRecorder(recorder), authority.WithStore(store.Holds()))
package commander
