package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/rubin-love/love-go/internal/secret"
	"github.com/rubin-love/love-go/love/audit"
	"github.com/rubin-love/love-go/love/auth"
)

func (a *app) userCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "user",
		Short: "Add, change and list users, directly in the manager's database",
		Long: `Add, change and list users, directly in the manager's database. A running manager notices
the changes within a second. A password comes from a prompt or the first line of the input.`,
		Example: `  loved user add ada --group cmd
  loved user grant ada 'ATDome:*:move*'
  loved user disable ada`,
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usagef("%q is not one of add, passwd, grant, revoke, disable, enable, list", args[0])
			}
			return usagef("a subcommand is missing: add, passwd, grant, revoke, disable, enable or list")
		},
	}
	cmd.AddCommand(a.userAdd(), a.userPasswd(), a.userGrant(), a.userRevoke(), a.userActive(false), a.userActive(true), a.userList())
	return cmd
}

func (a *app) userAdd() *cobra.Command {
	var u auth.User
	cmd := &cobra.Command{Use: "add NAME", Short: "Add a user", Args: exactArgs("NAME")}
	fs := cmd.Flags()
	fs.StringVar(&u.Email, "email", "", "e-mail `ADDRESS`")
	fs.StringVar(&u.FirstName, "first-name", "", "first `NAME`")
	fs.StringVar(&u.LastName, "last-name", "", "last `NAME`")
	fs.BoolVar(&u.Superuser, "superuser", false, "may do everything")
	fs.StringSliceVar(&u.Groups, "group", nil, "`GROUPS`, such as cmd (may command) or ui_framework (may edit views)")
	weak := allowWeak(fs)
	return a.databaseCommand(cmd, false, func(ctx context.Context, db *userDatabase, args []string) error {
		u.Username = args[0]
		if err := db.users.CheckNew(ctx, u); err != nil {
			return err
		}
		password, err := a.newPassword(ctx, "Password for ", u.Username, *weak)
		if err != nil {
			return err
		}
		if err := db.users.Add(ctx, u, password); err != nil {
			return err
		}
		return db.record(ctx, audit.UserAdded, u.Username, strings.Join(u.Groups, " "))
	})
}

func allowWeak(fs *pflag.FlagSet) *bool {
	return fs.Bool("insecure-dev", false, "allow a password that is short or that can be guessed")
}

// newPassword reads a new password of a user, and refuses one that can be guessed.
func (a *app) newPassword(ctx context.Context, prompt, username string, weak bool) (string, error) {
	password, err := a.prompt(ctx, prompt+username+": ")
	if err == nil && password != "" && !weak {
		if err = secret.CheckStrength(password, username, "love", "rubin"); err != nil {
			err = fmt.Errorf("%w; or give --insecure-dev", err)
		}
	}
	return password, err
}

func (a *app) userPasswd() *cobra.Command {
	cmd := &cobra.Command{
		Use: "passwd NAME", Short: "Set a user's password, and end the sessions opened with the old one", Args: exactArgs("NAME"),
		Long: `Set the password of a user. Anybody who knew the old one may have a token, so all tokens
of the user end and their sockets close; --keep-sessions leaves them.`,
	}
	keep := cmd.Flags().Bool("keep-sessions", false, "leave the user's tokens and open screens alone")
	weak := allowWeak(cmd.Flags())
	return a.databaseCommand(cmd, true, func(ctx context.Context, db *userDatabase, args []string) error {
		if _, err := db.Users().Account(ctx, args[0]); err != nil {
			return err
		}
		password, err := a.newPassword(ctx, "New password for ", args[0], *weak)
		if err != nil {
			return err
		}
		return db.setPassword(ctx, args[0], password, *keep)
	})
}

// setPassword changes a password, and ends the sessions opened with the old one in
// the same step, unless keep is true. An interrupt does not stop the record.
func (db *userDatabase) setPassword(ctx context.Context, username, password string, keep bool) error {
	set, detail := db.users.SetPassword, ""
	if keep {
		set, detail = db.users.SetPasswordKeepTokens, "sessions kept"
	}
	if err := set(ctx, username, password); err != nil {
		return err
	}
	return db.record(context.WithoutCancel(ctx), audit.PasswordSet, username, detail)
}

// superuser is the argument that grants or revokes all rights at once.
const superuser = "superuser"

func (a *app) userGrant() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "grant NAME WHAT…",
		Short: "Give a user a group, a permission, a command pattern, or superuser",
		Long: `Give a user each WHAT: a group (cmd, ui_framework, …), a permission such as
` + permissionList() + `,
a command pattern CSC:INDEX:COMMAND with * and ?, or superuser.`,
		Example: `  loved user grant ada cmd
  loved user grant ada 'ATDome:*:move*' api.manage_users`,
		Args: minArgs("NAME", "WHAT"),
	}
	return a.databaseCommand(cmd, true, func(ctx context.Context, db *userDatabase, args []string) error {
		return db.changeRights(ctx, args[0], args[1:], audit.PermissionGranted, func(list []string, item string) []string {
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
		Use: "revoke NAME WHAT…", Short: "Take away what was given with grant", Args: minArgs("NAME", "WHAT"),
	}
	return a.databaseCommand(cmd, true, func(ctx context.Context, db *userDatabase, args []string) error {
		return db.changeRights(ctx, args[0], args[1:], audit.PermissionRevoked, func(list []string, item string) []string {
			return slices.DeleteFunc(list, func(has string) bool { return has == item })
		})
	})
}

// changeRights applies change to the groups and permissions of a user, for each
// of the words as typed.
func (db *userDatabase) changeRights(ctx context.Context, username string, words []string, action string, change func(list []string, item string) []string) error {
	groups, err := db.Users().Groups(ctx)
	if err != nil {
		return err
	}
	isGroup := func(word string) bool {
		return slices.ContainsFunc(groups, func(g auth.Group) bool { return g.Name == word })
	}
	err = db.Users().UpdateAccount(ctx, username, func(account *auth.Account) error {
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
				account.Permissions = toPermissions(change(toStrings(account.Permissions), string(p)))
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return db.record(ctx, action, username, strings.Join(words, " "))
}

func toStrings(ps []auth.Permission) []string {
	list := make([]string, len(ps))
	for i, p := range ps {
		list[i] = string(p)
	}
	return list
}

func toPermissions(list []string) []auth.Permission {
	ps := make([]auth.Permission, len(list))
	for i, text := range list {
		ps[i] = auth.Permission(text)
	}
	return ps
}

func (a *app) userActive(active bool) *cobra.Command {
	cmd := &cobra.Command{Use: "disable NAME", Short: "Keep a user out, and close the user's sessions", Args: exactArgs("NAME")}
	action := audit.UserDisabled
	if active {
		cmd.Use, cmd.Short, action = "enable NAME", "Let a user in again", audit.UserEnabled
	}
	return a.databaseCommand(cmd, true, func(ctx context.Context, db *userDatabase, args []string) error {
		if err := db.users.SetActive(ctx, args[0], active); err != nil {
			return err
		}
		return db.record(ctx, action, args[0], "")
	})
}

func (a *app) userList() *cobra.Command {
	cmd := &cobra.Command{Use: "list", Short: "List the users with their rights", Args: exactArgs()}
	return a.databaseCommand(cmd, true, func(ctx context.Context, db *userDatabase, _ []string) error {
		all, err := db.Users().Accounts(ctx)
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
			switch {
			case u.PasswordHash != "":
			case u.Identity != "":
				by = "OpenID only"
			default:
				by = "LDAP only"
			}
			rights := toStrings(u.Permissions)
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
