package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/rubin-love/love-go/love/history/archive"
	"github.com/rubin-love/love-go/love/server"
	"github.com/rubin-love/love-go/love/store"
)

// checkServer assembles a server with the settings, in memory.
func (f *managerFlags) checkServer(ctx context.Context) error {
	c := f.serverConfig()
	c.Passwords = nil                    // hashing them takes long
	c.Authority, c.Approval = false, nil // they need the commander, which has a check of its own
	c.Archive = archive.Config{}         // as the archive
	s, err := server.New(ctx, c)
	if err != nil {
		return err
	}
	return s.Close(ctx)
}

// checkLimits compares the limits with each other and with the machine.
func (f *managerFlags) checkLimits(context.Context) (string, error) {
	machine := ownResources()
	if err := f.limits.fit(machine); err != nil {
		return "", err
	}
	if list := f.warnings(machine); len(list) > 0 {
		return "", warning{strings.Join(list, "; ")}
	}
	return fmt.Sprintf("%d clients, with %d file descriptors", f.limits.sessions(machine), machine.descriptors), nil
}

// checkAddress listens on the address for a moment.
func (f *managerFlags) checkAddress(context.Context) (string, error) {
	listener, err := net.Listen("tcp", f.listen)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return "", warning{fmt.Sprintf("%s is in use: if not by this manager, choose another port with --listen", f.listen)}
	case err != nil:
		return "", fmt.Errorf("cannot listen on %q, give HOST:PORT with --listen: %w", f.listen, err)
	}
	return listener.Addr().String() + " is free", listener.Close()
}

// checkFrontend opens the frontend; it returns "" if there is none.
func (f *managerFlags) checkFrontend(context.Context) (string, error) {
	h, end, err := f.frontend.open(f.urlPrefix)
	if err != nil || h == nil {
		return "", err
	}
	end()
	return f.frontend.dir + " is a built frontend", nil
}

func (f *managerFlags) checkDatabase(ctx context.Context) (string, error) {
	if file, missing := f.database.missingFile(); missing {
		return "", checkMissingDatabase(file, f.addsUsers())
	}
	s, err := f.database.openExisting(ctx)
	if err != nil {
		return "", err
	}
	defer s.Close()
	if err := s.Check(ctx); err != nil {
		return "", err
	}
	users, err := s.Users().Accounts(ctx)
	switch {
	case err != nil:
		return "", err
	case f.database.address == store.Memory:
		return "", warning{"in memory: users and tokens end with the manager"}
	case len(users) == 0 && !f.addsUsers():
		return "", warning{"there are no users yet: " + addUsers}
	}
	return counted(len(users), "user"), nil
}

// sharesNoDatabase returns a warning of a manager that shares Redis with others, but no
// database; "" for any other.
func (f *managerFlags) sharesNoDatabase() string {
	if f.broker.isAlone() || !strings.HasPrefix(f.database.address, "sqlite:") {
		return ""
	}
	return "--broker connects several managers, but --database is this one's own: each would have its users, and would refuse the tokens of the others. " +
		"Give all of them one PostgreSQL (--database postgres://…)"
}

// checkSharedDatabase compares the database with Redis; it returns "" if they fit.
func (f *managerFlags) checkSharedDatabase(context.Context) (string, error) {
	if text := f.sharesNoDatabase(); text != "" {
		return "", warning{text}
	}
	return "", nil
}

const addUsers = "add one with `loved user add`, or set ADMIN_USER_PASS"

// addsUsers reports whether the manager adds users at its start.
func (f *managerFlags) addsUsers() bool {
	return f.admin != "" || f.commandUser != "" || f.user != "" || f.remote != [3]string{}
}

// checkMissingDatabase checks that a manager can make a database file, and makes none.
func checkMissingDatabase(file string, withUsers bool) error {
	probe, err := os.CreateTemp(filepath.Dir(file), ".loved-check-*")
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("the folder of %s does not exist: make it, or give another file with --database", file)
	case err != nil:
		return fmt.Errorf("%s does not exist and cannot be made: %w", file, err)
	}
	if err := errors.Join(probe.Close(), os.Remove(probe.Name())); err != nil {
		return err
	}
	text := file + " does not exist yet: the manager will make it"
	if !withUsers {
		text += ", without users: " + addUsers
	}
	return warning{text}
}

// checkCommander asks the commander for its heartbeat.
func (f *managerFlags) checkCommander(ctx context.Context) (string, error) {
	client, err := f.openCommander()
	switch {
	case err != nil:
		return "", err
	case client == nil:
		return "", warning{"there is none, commands will be refused: name one with --commander"}
	}
	defer client.Close()
	beat, err := client.Heartbeat(ctx)
	if err != nil {
		return "", fmt.Errorf("%w: start it, or correct --commander (COMMANDER_HOSTNAME, COMMANDER_PORT)", err)
	}
	return "answers; its last heartbeat was at " + beat.UTC().Format(time.RFC3339), nil
}

// checkLDAP tests the LDAP servers; it returns "" if there are none.
func (f *managerFlags) checkLDAP(ctx context.Context) (string, error) {
	directory, err := f.ldap.authenticator(nil)
	if err != nil || directory == nil {
		return "", err
	}
	if err := directory.Check(ctx); err != nil {
		return "", err
	}
	return "answers", nil
}
