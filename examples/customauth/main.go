// Command customauth is a LOVE manager whose users come from a team's own
// identity system: here the observatory's badge office. Two methods are all
// that it takes, Authenticate for the log-in and Lookup for every request
// after it; tokens, permissions, websockets and audit are the manager's.
//
//	go run ./examples/customauth
//	curl -d username=ada -d password=1815 http://127.0.0.1:8000/manager/api/get-token/
package main

import (
	"context"
	"crypto/subtle"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"sync"
	"time"

	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/auth/jwt"
	"github.com/rubin-love/love-go/love/hub"
	"github.com/rubin-love/love-go/love/manager"
)

// badgeOffice knows who has a badge, its PIN, and where it opens doors. In
// real life it would ask a service; it may be slow, and it may fail.
type badgeOffice struct {
	mu     sync.Mutex
	badges map[string]badge
}

type badge struct {
	pin   string
	doors []string
}

// Authenticate implements auth.Authenticator: it is asked at log-in.
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

// Lookup implements auth.Directory: it is asked at each request, so a badge
// that is taken back acts at once.
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

// takeBack ends a badge.
func (o *badgeOffice) takeBack(name string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.badges, name)
}

// house is a manager over a badge office.
type house struct {
	*manager.Manager
	hub *hub.Hub
}

func newHouse(office *badgeOffice, processPassword string, log *slog.Logger) (*house, error) {
	tokens := jwt.New(nil, office) // a random key: tokens end with the process
	authorizer := auth.RoleAuthorizer{}
	h := hub.New(
		hub.WithGate(auth.Gate{Tokens: tokens, ProcessPassword: processPassword}),
		hub.WithAuthorizer(authorizer),
		hub.WithLogger(log),
	)
	m, err := manager.New(manager.Config{
		Hub: h, Authenticator: office, Tokens: tokens, Authorizer: authorizer, Logger: log,
	})
	if err != nil {
		return nil, err
	}
	return &house{m, h}, nil
}

func (h *house) close(ctx context.Context) error {
	h.Manager.Close()
	return h.hub.Shutdown(ctx)
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
	h, err := newHouse(office, os.Getenv("PROCESS_CONNECTION_PASS"), slog.Default())
	if err != nil {
		return err
	}
	server := &http.Server{Addr: address, Handler: h, ReadHeaderTimeout: 10 * time.Second}
	defer context.AfterFunc(ctx, func() {
		end, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = h.close(end)
		_ = server.Shutdown(end)
	})()
	if err := server.ListenAndServe(); ctx.Err() == nil {
		return err
	}
	return nil
}
