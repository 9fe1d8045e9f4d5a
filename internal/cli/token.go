package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
)

func (a *app) tokenCommand() *cobra.Command {
	var conn clientFlags
	var direct tokenDatabaseFlags
	var signIn bool
	cmd := &cobra.Command{
		Use:   "token {NAME | --oidc}",
		Short: "Log in and print a token, for scripts",
		Long: `Log in as user NAME and print the token that the manager issues.
The password comes from $LOVED_PASSWORD, a prompt or the first line of the input;
for the users of your running demo it is not needed.
With --oidc you sign in at the identity provider of the site instead, in a browser: on any machine with a code
that is shown here, or on this one if the provider has no codes.
With --database the token is issued there, without a password and without a manager.`,
		Args: func(cmd *cobra.Command, args []string) error {
			if signIn {
				return exactArgs()(cmd, args)
			}
			return exactArgs("NAME")(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := direct.check(cmd); err != nil {
				return err
			}
			if signIn && direct.database.address != "" {
				return usagef("--oidc signs in at a manager, --database needs none: give one of them")
			}
			if signIn {
				return a.printSignIn(cmd.Context(), conn)
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
	cmd.Flags().BoolVar(&signIn, "oidc", false, "sign in at the identity provider of the site")
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
