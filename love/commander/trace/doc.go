// Package trace shows the way of a command as OpenTelemetry traces: from the request at the
// manager through the commander to the last acknowledgement of the component. Whoever does
// not import it links nothing of OpenTelemetry.
//
// A manager and a commander in processes of their own:
//
//	c, err := commanderhttp.New("commander:5000", commanderhttp.WrapTransport(trace.Transport))
//	s, err := server.New(ctx, server.Config{Commander: trace.New(c), Wrap: trace.Handler, …})
//
//	http.Handle("/", trace.Handler(commanderhttp.NewHandler(commanderhttp.Backend{Commander: trace.New(salcommander.New(…))})))
//
// The trace of a command has these spans, each the parent of the next:
//
//   - "POST /manager/api/cmd/", the request at the manager, with log-in, authority and record;
//   - "ATDome cmd_moveAzimuth" of the manager, until it has the answer;
//   - "POST /cmd/", the request at the commander;
//   - "ATDome cmd_moveAzimuth" of the commander. Its events are "sent", when the command went
//     to the component, and "progress", each acknowledgement that did not end it.
//
// The traces go on between processes by W3C Trace Context, the header traceparent. SAL has no
// place for it: what a component does is seen by its acknowledgements.
package trace
