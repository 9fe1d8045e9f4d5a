// Package sallog writes what a component logs with log/slog to the SAL bus, as the
// component's event logMessage.
//
//	handler := sallog.New(slog.NewTextHandler(os.Stderr, nil))
//	log := slog.New(handler)
//	…
//	controller, err := domain.Controller(ctx, "ATDome", 0)
//	…
//	err = handler.Attach(ctx, controller)
//
// The command setLogLevel of the component calls [Handler.SetLevel].
package sallog
