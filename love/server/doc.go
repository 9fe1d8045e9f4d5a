// Package server is a whole LOVE-manager: users, log-in and tokens, the
// websocket hub, the HTTP API, the record of commands and authority over them,
// from one [Config]. The program loved is a [Server] with flags; a manager of a
// team's own is a Server with the parts that it has itself:
//
//	s, err := server.New(ctx, server.Config{
//		Authenticator:   badges, // an own log-in
//		Commander:       mount,  // an own way to the components
//		ProcessPassword: os.Getenv("PROCESS_CONNECTION_PASS"),
//	})
//	if err != nil {
//		return err
//	}
//	return s.ListenAndServe(ctx, "127.0.0.1:8000")
//
// Who needs only some of it assembles the packages hub, manager, auth and
// commander instead.
package server
