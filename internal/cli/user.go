package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/rubin-love/love-go/love/audit"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/auth/jwt"
	"github.com/rubin-love/love-go/love/store"
)

func (a *app) userCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "user",
		Short: "Add, change and list users, straight in the manager's database",
		Long: `Add, change and list users, straight in the manager's database. A manager that runs
takes it over within a second. A password comes from a prompt or the first line of the input.`,
		Example: `  loved user add ada --group cmd
  loved user grant ada 'ATDome:*:move*'
  loved user disable ada`,
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usagef("%q is none of add, passwd, grant, revoke, disable, enable, list", args[0])
			}
			return usagef("say what to do: add, passwd, grant, revoke, disable, enable or list")
		},
	}
	cmd.AddCommand(a.userAdd(), a.userPasswd(), a.userGrant(), a.userRevoke(), a.userActive(false), a.userActive(true), a.userList())
	return cmd
}

// userWork makes a subcommand that works on the database.
func (a *app) userWork(cmd *cobra.Command, existing bool, work func(context.Context, *administration, []string) error) *cobra.Command {
	var db databaseFlag
	db.register(cmd.Flags())
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := db.resolve(cmd.Flags(), a.env); err != nil {
			return err
		}
		open := db.openExisting
		if !existing {
			open = func(ctx context.Context) (*store.Store, error) { return store.Open(ctx, db.address) }
		}
		at, err := administer(cmd.Context(), open, cmd.CommandPath())
		if err != nil {
			return err
		}
		return errors.Join(work(cmd.Context(), at, args), at.Close())
	}
	return cmd
}

func (a *app) userAdd() *cobra.Command {
	var u auth.User
	cmd := &cobra.Command{Use: "add NAME", Short: "Add a user", Args: exactly("NAME")}
	fs := cmd.Flags()
	fs.StringVar(&u.Email, "email", "", "e-mail `ADDRESS`")
	fs.StringVar(&u.FirstName, "first-name", "", "first `NAME`")
	fs.StringVar(&u.LastName, "last-name", "", "last `NAME`")
	fs.BoolVar(&u.Superuser, "superuser", false, "may do everything")
	fs.StringSliceVar(&u.Groups, "group", nil, "`GROUPS`, such as cmd (may command) or ui_framework (may edit views)")
	return a.userWork(cmd, false, func(ctx context.Context, at *administration, args []string) error {
		u.Username = args[0]
		if err := u.Check(); err != nil {
			return err
		}
		password, err := a.prompt(ctx, "Password for "+u.Username+": ")
		if err != nil {
			return err
		}
		if err := at.users.Add(ctx, u, password); err != nil {
			return err
		}
		return at.note(ctx, audit.UserAdded, u.Username, strings.Join(u.Groups, " "))
	})
}

func (a *app) userPasswd() *cobra.Command {
	cmd := &cobra.Command{
		Use: "passwd NAME", Short: "Give a user another password, and end what was opened with the old one", Args: exactly("NAME"),
		Long: `Give a user another password. Whoever knew the old one may have a token, so all tokens
of the user end and their sockets close; --keep-sessions leaves them.`,
	}
	keep := cmd.Flags().Bool("keep-sessions", false, "let the user's tokens and open screens live on")
	return a.userWork(cmd, true, func(ctx context.Context, at *administration, args []string) error {
		if _, err := at.Users().Account(ctx, args[0]); err != nil {
			return err
		}
		password, err := a.prompt(ctx, "New password for "+args[0]+": ")
		if err != nil {
			return err
		}
		return at.setPassword(ctx, args[0], password, *keep)
	})
}

// setPassword changes a password, and ends what was opened with the old one
// unless that is to be kept. Once the password has changed, an interrupt does
// not stop the rest: tokens that are to end must not stay.
func (at *administration) setPassword(ctx context.Context, username, password string, keep bool) error {
	if err := at.users.SetPassword(ctx, username, password); err != nil {
		return err
	}
	ctx = context.WithoutCancel(ctx)
	if keep {
		return at.note(ctx, audit.PasswordSet, username, "sessions kept")
	}
	noted := at.note(ctx, audit.PasswordSet, username, "")
	_, err := newTokens(nil, at.Store, at.users, jwt.DefaultLifetime).RevokeAll(ctx, username)
	if err != nil {
		err = fmt.Errorf("the password is changed, but the tokens live on: %w", err)
	}
	return errors.Join(noted, err)
}

// superuser is the word that grants and revokes all rights at once.
const superuser = "superuser"

func (a *app) userGrant() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "grant NAME WHAT…",
		Short: "Give a user a group, a permission, a command pattern, or superuser",
		Long: `Give a user what is named: a group (cmd, ui_framework, …), a permission such as
` + permissionList() + `,
a command pattern CSC:INDEX:COMMAND with * and ?, or superuser.`,
		Example: `  loved user grant ada cmd
  loved user grant ada 'ATDome:*:move*' api.manage_users`,
		Args: atLeast("NAME", "WHAT"),
	}
	return a.userWork(cmd, true, func(ctx context.Context, at *administration, args []string) error {
		return at.changeRights(ctx, args[0], args[1:], audit.PermissionGranted, func(list []string, item string) []string {
			return append(list, item)
		})
	})
}

func permissionList() string {
	var all []string
	for _, p := range auth.Permissions() {
		all = append(all, string(p))
	}
	return strings.Join(all, ", ")
}

func (a *app) userRevoke() *cobra.Command {
	cmd := &cobra.Command{
		Use: "revoke NAME WHAT…", Short: "Take what was given with grant", Args: atLeast("NAME", "WHAT"),
	}
	return a.userWork(cmd, true, func(ctx context.Context, at *administration, args []string) error {
		return at.changeRights(ctx, args[0], args[1:], audit.PermissionRevoked, func(list []string, item string) []string {
			return slices.DeleteFunc(list, func(has string) bool { return has == item })
		})
	})
}

// changeRights changes the groups and permissions of a user by the words that
// were typed.
func (at *administration) changeRights(ctx context.Context, username string, words []string, action string, change func(list []string, item string) []string) error {
	groups, err := at.Users().Groups(ctx)
	if err != nil {
		return err
	}
	isGroup := func(word string) bool {
		return slices.ContainsFunc(groups, func(g auth.Group) bool { return g.Name == word })
	}
	err = at.Users().UpdateAccount(ctx, username, func(account *auth.Account) error {
		for _, word := range words {
			switch {
			case word == superuser:
				account.Superuser = action == audit.PermissionGranted
			case isGroup(word):
				account.Groups = change(account.Groups, word)
			default:
				p, err := auth.ParsePermission(word)
				if err != nil {
					return fmt.Errorf("%w, a group or superuser", err)
				}
				account.Permissions = permissions(change(texts(account.Permissions), string(p)))
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return at.note(ctx, action, username, strings.Join(words, " "))
}

func texts(ps []auth.Permission) []string {
	list := make([]string, len(ps))
	for i, p := range ps {
		list[i] = string(p)
	}
	return list
}

func permissions(list []string) []auth.Permission {
	ps := make([]auth.Permission, len(list))
	for i, text := range list {
		ps[i] = auth.Permission(text)
	}
	return ps
}

func (a *app) userActive(active bool) *cobra.Command {
	cmd := &cobra.Command{Use: "disable NAME", Short: "Keep a user out, and close what it has open", Args: exactly("NAME")}
	action := audit.UserDisabled
	if active {
		cmd.Use, cmd.Short, action = "enable NAME", "Let a user in again", audit.UserEnabled
	}
	return a.userWork(cmd, true, func(ctx context.Context, at *administration, args []string) error {
		if err := at.users.SetActive(ctx, args[0], active); err != nil {
			return err
		}
		return at.note(ctx, action, args[0], "")
	})
}

func (a *app) userList() *cobra.Command {
	cmd := &cobra.Command{Use: "list", Short: "List the users with what they may", Args: exactly()}
	return a.userWork(cmd, true, func(ctx context.Context, at *administration, _ []string) error {
		all, err := at.Users().Accounts(ctx)
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "NAME\tSTATE\tLOG-IN\tGROUPS\tPERMISSIONS")
		for _, u := range all {
			state, by := "active", "password"
			if u.Disabled {
				state = "disabled"
			}
			if u.PasswordHash == "" {
				by = "LDAP only"
			}
			rights := texts(u.Permissions)
			if u.Superuser {
				rights = append([]string{superuser}, rights...)
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", u.Username, state, by, orDash(u.Groups), orDash(rights))
		}
		return w.Flush()
	})
}

func orDash(list []string) string {
	if len(list) == 0 {
		return "-"
	}
	return strings.Join(list, " ")
}
