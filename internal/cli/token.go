package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/rubin-love/love-go/love/client"
)

func (a *app) tokenCommand() *cobra.Command {
	var to clientFlags
	var direct tokenDatabaseFlags
	cmd := &cobra.Command{
		Use:   "token NAME",
		Short: "Log in and print a token, for scripts",
		Long: `Log in as user NAME and print the token that the manager gives.
The password comes from $LOVED_PASSWORD, a prompt or the first line of the input;
for the users of your running demo it is known.
With --database the token is made there, without a password and without a manager.`,
		Args: exactly("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := direct.check(cmd); err != nil {
				return err
			}
			token, err := a.tokenOf(cmd, to, direct, args[0])
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(a.stdout, token)
			return err
		},
	}
	to.registerManager(cmd.Flags())
	direct.register(cmd)
	return cmd
}

func (a *app) tokenOf(cmd *cobra.Command, to clientFlags, direct tokenDatabaseFlags, name string) (string, error) {
	if direct.database.address != "" {
		return a.tokenFromDatabase(cmd.Context(), direct, name)
	}
	s, err := readSession(a.env)
	if err != nil && !errors.Is(err, errNoSession) {
		return "", err
	}
	manager := managerOr(to.manager, s)
	_, given := a.env("LOVED_PASSWORD")
	if password, known := s.Users[name]; known && !given && manager == s.Manager {
		login, err := client.Login(cmd.Context(), manager, name, password)
		if err != nil {
			return "", explain(err)
		}
		return login.Token, nil
	}
	return a.logIn(cmd.Context(), manager, name)
}
