// Command customauth is a LOVE-manager with a log-in of its own: names and PINs
// of a badge office, and on each badge what its owner may command. Commands go to
// a function.
//
//	go run ./examples/customauth
//
// In another terminal, log in with the password 1815 and command the dome, then
// watch what happens when you type "ada" in the first one, which takes her badge back:
//
//	export LOVED_USER=ada LOVED_PASSWORD=1815
//	loved cmd ATDome moveAzimuth azimuth=90
//	loved commands
//	loved sub event-Hub-0-commands
package main

import (
	"bufio"
	"context"
	"crypto/subtle"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"sync"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/server"
)

func main() {
	address := flag.String("listen", "127.0.0.1:8000", "address of the manager")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	listener, err := net.Listen("tcp", *address)
	if err == nil {
		fmt.Println("badge office at http://" + listener.Addr().String())
		err = run(ctx, listener, commander.Func(moveDome), os.Stdin)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "customauth:", err)
		os.Exit(1)
	}
}

// run serves until ctx ends. Each line of takenBack is a name whose badge is taken
// back.
func run(ctx context.Context, listener net.Listener, way commander.Commander, takenBack io.Reader) error {
	office := &badgeOffice{badges: map[string]badge{
		"ada":   {pin: "1815", may: []auth.Permission{auth.ExecuteCommand}}, // every command
		"henry": {pin: "1868", may: []auth.Permission{"ATDome:*:move*"}},    // those that match
		"guest": {pin: "0000"},                                              // may only look
	}}
	s, err := server.New(ctx, server.Config{
		Authenticator:   office, // also the Directory, because it has Lookup
		Commander:       way,
		ProcessPassword: os.Getenv("PROCESS_CONNECTION_PASS"), // of producers
		Logger:          slog.Default(),
	})
	if err != nil {
		return err
	}
	go func() {
		for lines := bufio.NewScanner(takenBack); lines.Scan(); {
			office.takeBack(lines.Text())
		}
	}()
	return s.Serve(ctx, listener)
}

// badgeOffice is the log-in. In real life it would ask a service.
type badgeOffice struct {
	auth.UserWatchers // through which the manager learns whose websockets to close

	mu     sync.Mutex
	badges map[string]badge
}

type badge struct {
	pin string
	may []auth.Permission
}

// Authenticate implements auth.Authenticator: it is asked at log-in.
func (o *badgeOffice) Authenticate(ctx context.Context, name, pin string) (auth.User, error) {
	o.mu.Lock()
	b, ok := o.badges[name]
	o.mu.Unlock()
	if !ok || subtle.ConstantTimeCompare([]byte(b.pin), []byte(pin)) == 0 {
		return auth.User{}, auth.ErrCredentials
	}
	return o.Lookup(ctx, name)
}

// Lookup implements auth.Directory: it is asked at each request, so that a change
// takes effect at once.
func (o *badgeOffice) Lookup(_ context.Context, name string) (auth.User, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	b, ok := o.badges[name]
	if !ok {
		return auth.User{}, fmt.Errorf("%s has no badge: %w", name, auth.ErrUnknownUser)
	}
	return auth.User{Username: name, Permissions: b.may}, nil
}

// takeBack takes a badge back. Requests with the owner's token are refused from now on;
// a websocket was checked when it was opened, so the manager must learn of it.
func (o *badgeOffice) takeBack(name string) {
	o.mu.Lock()
	delete(o.badges, name)
	o.mu.Unlock()
	o.UserChanged(name)
}

// moveDome is the commander. What the dome answers is an Ack, whose code
// is that of success or failure; a command that never reaches it is an error.
func moveDome(_ context.Context, c commander.Call) (love.Ack, error) {
	var to struct{ Azimuth float64 }
	if c.CSC != "ATDome" || c.Name != "cmd_moveAzimuth" {
		return love.Ack{}, commander.Refuse("There is ATDome moveAzimuth, not %s %s.", c.CSC, c.Name)
	}
	if err := c.Decode(&to); err != nil {
		return love.Ack{}, err
	}
	if to.Azimuth < 0 || to.Azimuth > 360 {
		return commander.Failed("the dome turns from 0 to 360 degrees"), nil
	}
	fmt.Printf("%s turns the dome to %g degrees\n", c.Identity, to.Azimuth)
	return love.Ack{Text: love.Done}, nil
}
