package cli

import (
	"context"
	"errors"
	"fmt"
	"syscall"

	"github.com/spf13/pflag"

	"github.com/rubin-love/love-go/love/client"
)

// defaultManager is where `loved manager` and `loved demo` listen by default.
const defaultManager = "http://" + defaultListen

// clientFlags are the manager that a client command connects to, and the
// credentials for it.
type clientFlags struct {
	manager, token, user, processPassword string
}

func (f *clientFlags) register(fs *pflag.FlagSet) {
	f.registerUser(fs)
	fs.StringVar(&f.processPassword, "process-password", "", "connect as a process, such as a producer")
	bindEnv(fs, "process-password", "PROCESS_CONNECTION_PASS")
	markSecret(fs, escaped, "process-password")
}

// registerUser registers the flags of commands that only users may give: the
// password of processes, which may be in the environment for other commands, is
// not used.
func (f *clientFlags) registerUser(fs *pflag.FlagSet) {
	f.registerManager(fs)
	fs.StringVar(&f.token, "token", "", "token of a user")
	fs.StringVar(&f.user, "user", "", "log in as user `NAME`; the password comes from $LOVED_PASSWORD or a prompt")
	bindEnv(fs, "token", "LOVED_TOKEN")
	markSecret(fs, escaped, "token")
	bindEnv(fs, "user", "LOVED_USER")
}

func (f *clientFlags) registerManager(fs *pflag.FlagSet) {
	fs.StringVar(&f.manager, "manager", "", "`URL` of the manager (default that of your running demo, else "+defaultManager+")")
	bindEnv(fs, "manager", "LOVED_MANAGER")
}

// target is a manager and the credentials for it.
type target struct {
	manager, token, processPassword string
}

var errNoCredentials = &usageError{errors.New(
	"credentials are missing: give --token, --user or --process-password, or start `loved demo`, whose session needs none")}

// target returns what the flags name, or what the session of a running demo
// names if they hold no credentials.
func (a *app) target(ctx context.Context, f clientFlags) (target, error) {
	s, err := readSession(a.env, f.manager)
	if err != nil && !errors.Is(err, errNoSession) {
		return target{}, err
	}
	running := err == nil
	if f.token == "" && f.user == "" && f.processPassword == "" {
		if !running {
			return target{}, errNoCredentials
		}
		return target{s.Manager, s.Token, s.ProcessPassword}, nil
	}
	to := target{managerOr(f.manager, s), f.token, f.processPassword}
	if f.token == "" && f.user != "" {
		if to.token, err = a.logIn(ctx, to.manager, f.user, s); err != nil {
			return target{}, err
		}
	}
	return to, nil
}

func managerOr(given string, s session) string {
	switch {
	case given != "":
		return given
	case s.Manager != "":
		return s.Manager
	}
	return defaultManager
}

// logIn returns a new token of the user. The users of a running demo, whose session is
// s, need no password.
func (a *app) logIn(ctx context.Context, manager, user string, s session) (token string, err error) {
	password, _ := a.env("LOVED_PASSWORD")
	if password == "" && manager == s.Manager {
		password = s.Users[user]
	}
	if password == "" {
		if password, err = a.prompt(ctx, "Password of "+user+": "); err != nil {
			return "", fmt.Errorf("%w (it can be given as LOVED_PASSWORD)", err)
		}
	}
	login, err := client.Login(ctx, manager, user, password)
	if err != nil {
		return "", withHint(err)
	}
	return login.Token, nil
}

// userClient returns a client of the manager for what only users may do.
func (a *app) userClient(ctx context.Context, flags clientFlags) (*client.Client, error) {
	to, err := a.target(ctx, flags)
	if errors.Is(err, errNoCredentials) || err == nil && to.token == "" {
		return nil, usagef("only a user may do that: give --token or --user, or start `loved demo`, whose session needs none")
	}
	if err != nil {
		return nil, err
	}
	c, err := client.New(to.manager, client.WithToken(to.token))
	if err != nil {
		return nil, &usageError{err}
	}
	return c, nil
}

// asUser connects with the token if there is one.
func (to target) asUser() client.Option {
	if to.token != "" {
		return client.WithToken(to.token)
	}
	return client.WithProcessPassword(to.processPassword)
}

// asProcess connects with the process password if there is one: by default
// only processes may publish.
func (to target) asProcess() client.Option {
	if to.processPassword != "" {
		return client.WithProcessPassword(to.processPassword)
	}
	return client.WithToken(to.token)
}

// withHint adds to an error of the connection what to do about it.
func withHint(err error) error {
	if errors.Is(err, syscall.ECONNREFUSED) {
		return fmt.Errorf("%w: nothing listens there; start `loved demo` or `loved manager`, or give the manager's URL with --manager", err)
	}
	return err
}
