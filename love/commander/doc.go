// Package commander executes commands. [Commander] takes what the manager
// relays and returns the component's acknowledgement; a team plugs its own by
// implementing that one method. There are
//
//   - [SAL], which speaks to components through a sal.Domain;
//   - [HTTP], a client of any LOVE-commander, the Python one included;
//   - [NewHandler], the LOVE-commander's HTTP API over any of them;
//   - [Recorder], which keeps a [Record] of who commanded what;
//   - [Authority], by which a user excludes others for some time, or a second
//     person has to approve.
//
// The last two are commanders before another one. Package lovecsc is the LOVE
// CSC, which writes observing logs.
package commander
