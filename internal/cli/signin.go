package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rubin-love/love-go/love/client"
)

// printSignIn signs in at the manager's identity provider and prints the token.
func (a *app) printSignIn(ctx context.Context, conn clientFlags) error {
	s, err := readSession(a.env, conn.manager)
	if err != nil && !errors.Is(err, errNoSession) {
		return err
	}
	login, err := a.signIn(ctx, managerOr(conn.manager, s))
	if err != nil {
		return withHint(err)
	}
	fmt.Fprintf(a.stderr, "Signed in as %s.\n", login.User.Username)
	_, err = fmt.Fprintln(a.stdout, login.Token)
	return err
}

// signIn signs in with a code, or by a browser on this machine if the provider has no
// codes.
func (a *app) signIn(ctx context.Context, manager string) (client.LoginResult, error) {
	login, err := client.SignInWithCode(ctx, manager, a.showCode)
	if !errors.Is(err, client.ErrNoSignIn) {
		return login, err
	}
	return client.SignInWithBrowser(ctx, manager, func(address string) error {
		_, err := fmt.Fprintf(a.stderr, "Open this address in a browser on this machine:\n\n  %s\n\n", address)
		return err
	})
}

func (a *app) showCode(c client.DeviceCode) error {
	text := fmt.Sprintf("Open %s in any browser and enter the code\n\n  %s\n\nwithin %s.", c.URL, c.UserCode, formatDuration(max(c.Expires.Round(time.Minute), time.Minute)))
	if c.CompleteURL != "" {
		text += " Or open\n\n  " + c.CompleteURL + "\n"
	}
	_, err := fmt.Fprintln(a.stderr, text)
	return err
}
