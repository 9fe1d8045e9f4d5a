// Package sal is the observatory's message bus (SAL) for Go programs: interface
// definitions, and the remotes and controllers that use them.
//
// A component, such as ATDome or MTHexapod:1, has events and telemetry, which it
// writes, and commands, which it executes. [Definitions] describes them and their
// fields; [Define] makes definitions in a program, package
// [github.com/rubin-love/love-go/love/sal/salxml] reads those of the observatory. A
// [Domain] is a program's connection to a [Bus]; it makes a [Remote] for each
// component that the program listens to or commands, and a [Controller] for each
// component that the program implements.
//
// Topics are named by their attribute name, "evt_summaryState", "tel_position",
// "cmd_moveAzimuth"; fields by their name in the definition. A [Sample] is one
// message of a topic. Values are checked against the definition when they are set: an
// unknown field, a wrong type or a number out of range is an error that names the
// field.
//
// # Listening
//
// A remote that has started knows the newest event of each instance from before its
// start: [Remote.Latest] returns it, and callbacks and loops begin with it. Telemetry
// and commands have no such history.
//
//   - [Remote.Subscribe] calls a function with every sample, in order.
//   - [Remote.Samples] does the same as a loop.
//   - [Remote.Next] waits for the next sample, [Remote.Await] for the first.
//
// [Sample.Into] copies a sample into a struct, for programs that know the component;
// [Sample.Float] and the like, [Sample.Value] and JSON are for those that do not.
//
// # Commanding
//
// [Remote.Command] sends a command and waits until the component has finished it. Its
// [Ack] has the code and a text. The error is an [*AckError] if the command did not
// succeed, which wraps [ErrTimeout] if it took too long. Each report of progress
// extends the timeout. A command is sent only once.
//
// # Being a component
//
// [Controller.Write] changes fields and sends: telemetry each time, an event when it
// differs from the one before. [Controller.Handle] sets the handler of a command: what
// the handler returns becomes the acknowledgement, and a handler that takes longer
// calls [Controller.Progress]. Package
// [github.com/rubin-love/love-go/love/sal/sallog] writes log records as the
// component's event logMessage.
//
// # Buses
//
// Package [github.com/rubin-love/love-go/love/sal/sim] has a bus in memory and
// a simulated observatory on it, package
// [github.com/rubin-love/love-go/love/sal/kafka] the bus of the observatory. A
// driver for another bus implements [Bus] and passes the suite
// lovetest.RunDomain; what buses have in common (late joiners, index, order,
// commands) is in this package.
package sal
