// Package lovego is the back end of LOVE, the environment in which the people
// of the Rubin Observatory see and command it: one library to embed, one
// binary to run. This package holds no code; it shows the way.
//
//	a CSC ──SAL──▶ producer ──websocket──▶ hub ──websocket──▶ the operators' screens
//	  ▲                                     ▲                        │
//	  └──SAL── commander ◀──HTTP── manager ─┴──────HTTP (token)──────┘
//
// A CSC is a commandable component of the observatory (ATDome, MTMount,
// ScriptQueue:1), SAL the bus on which it publishes telemetry and events and
// takes commands.
//
// To see it all run, with a simulated observatory:
//
//	go run github.com/rubin-love/love-go/cmd/loved@latest demo
//
// # Which package for what
//
//   - [github.com/rubin-love/love-go/love]: the vocabulary: groups, messages, commands, time scales
//   - [github.com/rubin-love/love-go/love/client]: a program of your own that listens to a manager, publishes, or commands
//   - [github.com/rubin-love/love-go/love/producer]: a producer of your own, or the stock ones for any component
//   - [github.com/rubin-love/love-go/love/commander]: a commander of your own; below it those over HTTP and SAL, the record and authority
//   - [github.com/rubin-love/love-go/love/server]: a whole manager from one configuration
//   - [github.com/rubin-love/love-go/love/hub]: just the hub, as an http.Handler
//   - [github.com/rubin-love/love-go/love/auth]: log-in, tokens and permissions, each behind an interface for your own
//   - [github.com/rubin-love/love-go/love/sal]: SAL in Go: remotes, controllers, definitions
//   - [github.com/rubin-love/love-go/love/sal/sim]: an observatory in memory
//   - [github.com/rubin-love/love-go/love/lovetest]: fakes for your tests, and conformance suites
//
// How they fit together is in docs/design.md, what goes over the wire in
// docs/protocol.
package lovego
