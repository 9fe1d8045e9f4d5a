// Package manager is the HTTP API of the LOVE-manager: [Manager], an
// http.Handler that puts a hub, a token service and a commander behind the
// URLs that LOVE's clients know.
//
//	/manager/…/ws/subscription   the websocket, handed to the hub
//	/manager/api/…               log-in, commands, SAL information
//	/                            a page for people
//	/healthz, /readyz, /metrics  for whoever watches the process
//
// What every request goes through stands in route.go, once: log-in, then
// permission, then method, then body (manager protocol, section 3). An endpoint
// is one line in [Manager]'s table and a function that answers.
package manager
