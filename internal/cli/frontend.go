package cli

import (
	"net/http"

	"github.com/spf13/pflag"

	"github.com/rubin-love/love-go/internal/spa"
)

// frontendFlags are the built LOVE-frontend that a manager serves.
type frontendFlags struct{ dir string }

func (f *frontendFlags) register(fs *pflag.FlagSet) {
	fs.StringVar(&f.dir, "frontend", "", "`FOLDER` with a built LOVE-frontend to serve (default none: the manager's own page)")
	bindEnv(fs, "frontend", "LOVED_FRONTEND")
}

// open returns the handler of the frontend, nil for none, and what closes it.
func (f *frontendFlags) open(urlPrefix string) (h http.Handler, close func(), err error) {
	if f.dir == "" {
		return nil, func() {}, nil
	}
	app, err := spa.Open(f.dir, urlPrefix)
	if err != nil {
		return nil, nil, &usageError{err}
	}
	return app, func() { _ = app.Close() }, nil // it was only read
}
