package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
)

func (a *app) tokenCommand() *cobra.Command {
	var conn clientFlags
	var direct tokenDatabaseFlags
	cmd := &cobra.Command{
		Use:   "token NAME",
		Short: "Log in and print a token, for scripts",
		Long: `Log in as user NAME and print the token that the manager issues.
The password comes from $LOVED_PASSWORD, a prompt or the first line of the input;
for the users of your running demo it is not needed.
With --database the token is issued there, without a password and without a manager.`,
		Args: exactArgs("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := direct.check(cmd); err != nil {
				return err
			}
			token, err := a.tokenOf(cmd, conn, direct, args[0])
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(a.stdout, token)
			return err
		},
	}
	conn.registerManager(cmd.Flags())
	direct.register(cmd)
	return cmd
}

func (a *app) tokenOf(cmd *cobra.Command, conn clientFlags, direct tokenDatabaseFlags, name string) (string, error) {
	if direct.database.address != "" {
		return a.tokenFromDatabase(cmd.Context(), direct, name)
	}
	s, err := readSession(a.env, conn.manager)
	if err != nil && !errors.Is(err, errNoSession) {
		return "", err
	}
	return a.logIn(cmd.Context(), managerOr(conn.manager, s), name, s)
}
