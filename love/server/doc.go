// Package server is a whole LOVE-manager: users, log-in and tokens, the
// websocket hub, the HTTP API, the record of commands and authority over them,
// from one [Config]. The program loved is a [Server] with flags; a team's own
// manager is a Server with the team's own parts:
//
//	s, err := server.New(ctx, server.Config{
//		Authenticator:   badges, // your own log-in
//		Commander:       mount,  // your own way to the components
//		ProcessPassword: os.Getenv("PROCESS_CONNECTION_PASS"),
//	})
//	if err != nil {
//		return err
//	}
//	return s.ListenAndServe(ctx, "127.0.0.1:8000")
//
// A program that needs only some of these parts can assemble the packages hub,
// manager, auth and commander itself.
package server
