// Package sal is the observatory's message bus (SAL) for Go programs:
// interface definitions, and remotes and controllers that speak by them.
//
// A component, such as ATDome or MTHexapod:1, has events and telemetry, which
// it writes, and commands, which it answers. [Definitions] tell which, and
// what fields they have. A [Domain] is a program's place on a [Bus]; it makes
//
//   - a [Remote] for each component that the program listens to or commands,
//   - a [Controller] for each component that the program is.
//
// Topics are named by their attribute name, "evt_summaryState", "tel_position",
// "cmd_moveAzimuth"; fields by their name in the definition. A [Sample] is one
// message of a topic. Values are checked against the definition when they are
// set: an unknown field, a wrong type or a number out of range is an error that
// names the field.
//
// Who starts late gets, of each event and each instance, the newest sample
// that was written before; telemetry and commands have no such past.
//
// Package [github.com/rubin-love/love-go/love/sal/sim] has a bus in memory and
// a simulated observatory on it.
package sal
