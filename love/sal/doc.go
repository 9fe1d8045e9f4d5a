// Package sal is the observatory's message bus (SAL) for Go programs:
// interface definitions, and remotes and controllers that speak by them.
//
// A component, such as ATDome or MTHexapod:1, has events and telemetry, which
// it writes, and commands, which it answers. [Definitions] tell which, and
// what fields they have; [ReadDir] reads the observatory's SAL XML, [Define]
// takes what a program builds. A [Domain] is a program's place on a [Bus]; it
// makes a [Remote] for each component that the program listens to or commands,
// and a [Controller] for each that the program is.
//
// Topics are named by their attribute name, "evt_summaryState", "tel_position",
// "cmd_moveAzimuth"; fields by their name in the definition. A [Sample] is one
// message of a topic. Values are checked against the definition when they are
// set: an unknown field, a wrong type or a number out of range is an error that
// names the field.
//
// # Listening
//
// A remote has started when it knows the newest event of each instance that
// was written before: [Remote.Latest] tells it, and callbacks and loops begin
// with it. Telemetry and commands have no such past.
//
//   - [Remote.Subscribe] calls back with every sample, in order.
//   - [Remote.Samples] is the same as a loop.
//   - [Remote.Next] waits for the next sample, [Remote.Await] for the first.
//   - [Remote.Queue] collects samples for a program that takes them at its leisure.
//
// [Sample.Into] copies a sample into a struct of a program that knows its
// component; [Sample.Float] and its like, [Sample.Value] and JSON are for those
// that do not.
//
// # Commanding
//
// [Remote.Command] sends a command and waits until the component has finished
// it. Its [Ack] has the code and a text; what did not succeed is an [*AckError],
// and [ErrTimeout] if the time was over. Each report of progress extends the
// time limit. A command is sent once, never again.
//
// # Being a component
//
// [Controller.Write] changes fields and sends: telemetry each time, an event
// when it differs from the one before. [Controller.Handle] sets who executes a
// command: what the handler returns becomes the acknowledgement, and one that
// takes longer says so with [Controller.Progress]. [LogHandler] makes log
// records the component's event logMessage.
//
// # Buses
//
// Package [github.com/rubin-love/love-go/love/sal/sim] has a bus in memory and
// a simulated observatory on it. A driver for another bus implements [Bus] and
// passes the suite lovetest.TestDomain; what buses have in common (late
// joiners, index, order, commands) is in this package.
package sal
