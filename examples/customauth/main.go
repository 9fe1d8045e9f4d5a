// Command customauth is a LOVE manager whose users come from a team's own
// identity system, here the observatory's badge office. It takes two methods,
// Authenticate for the log-in and Lookup for every request after it; tokens,
// permissions, websockets and audit are the manager's.
//
//	go run ./examples/customauth
//	curl -d username=ada -d password=1815 http://127.0.0.1:8000/manager/api/get-token/
package main

import (
	"context"
	"crypto/subtle"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"sync"

	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/server"
)

// badgeOffice knows who has a badge, its PIN, and which doors it opens. A real one
// would ask a service, which may be slow, and may fail.
type badgeOffice struct {
	mu     sync.Mutex
	badges map[string]badge
}

type badge struct {
	pin   string
	doors []string
}

// Authenticate implements auth.Authenticator: it is called at log-in.
func (o *badgeOffice) Authenticate(ctx context.Context, name, pin string) (auth.User, error) {
	o.mu.Lock()
	b, ok := o.badges[name]
	o.mu.Unlock()
	// A name that does not exist takes as long as a wrong PIN.
	if right := subtle.ConstantTimeCompare([]byte(b.pin), []byte(pin)) == 1; !right || !ok {
		return auth.User{}, auth.ErrCredentials
	}
	return o.Lookup(ctx, name)
}

// Lookup implements auth.Directory: it is called at each request, so revoking a
// badge takes effect at once.
func (o *badgeOffice) Lookup(_ context.Context, name string) (auth.User, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	b, ok := o.badges[name]
	if !ok {
		return auth.User{}, fmt.Errorf("badge of %s: %w", name, auth.ErrUnknownUser)
	}
	u := auth.User{Username: name}
	if slices.Contains(b.doors, "control room") {
		u.Groups = []string{auth.GroupCommand} // may send every command
	}
	if slices.Contains(b.doors, "auxiliary telescope") {
		u.Permissions = []auth.Permission{"ATDome:*:*", "ATMCS:*:*"} // may command these
	}
	return u, nil
}

// revoke ends a badge.
func (o *badgeOffice) revoke(name string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.badges, name)
}

// newServer returns a manager whose users are those of the badge office.
func newServer(ctx context.Context, office *badgeOffice, processPassword string, log *slog.Logger) (*server.Server, error) {
	return server.New(ctx, server.Config{
		Authenticator:   office,
		ProcessPassword: processPassword,
		Logger:          log,
	})
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, "127.0.0.1:8000"); err != nil {
		fmt.Fprintln(os.Stderr, "customauth:", err)
		os.Exit(1)
	}
}

// run serves until ctx ends.
func run(ctx context.Context, address string) error {
	office := &badgeOffice{badges: map[string]badge{
		"ada":   {pin: "1815", doors: []string{"control room"}},
		"henry": {pin: "1868", doors: []string{"auxiliary telescope"}},
	}}
	s, err := newServer(ctx, office, os.Getenv("PROCESS_CONNECTION_PASS"), slog.Default())
	if err != nil {
		return err
	}
	return s.ListenAndServe(ctx, address)
}
