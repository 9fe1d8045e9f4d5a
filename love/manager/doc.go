// Package manager is the HTTP API of the LOVE-manager: [Manager], an
// http.Handler that puts a hub, a token service and a commander behind the
// URLs that LOVE's clients know.
//
//	/manager/…/ws/subscription   the websocket, handed to the hub
//	/manager/api/…               log-in, commands, SAL information
//	/                            a page for people
//	/healthz, /readyz, /metrics  for monitoring
//
// To run a whole manager, with users, tokens and a hub, use love/server, which
// assembles one.
//
// The checks that every request passes are in one place, route.go: log-in, then
// permission, then method, then body (docs/protocol/manager.md#http). An endpoint is
// one line in the table there and a function that answers. Other packages add theirs
// as a [Route], after the same checks.
package manager
