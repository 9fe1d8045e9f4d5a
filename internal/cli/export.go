package cli

import (
	"context"
	"encoding/json"

	"github.com/spf13/cobra"

	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/frontend"
)

// exported is what `loved export` writes. Later releases may add members, but
// rename none.
type exported struct {
	Format int             `json:"format"` // 1
	Users  []exportedUser  `json:"users"`
	Groups []exportedGroup `json:"groups"`
	// Frontend is what the LOVE-frontend keeps, in the form of Django's dumpdata:
	// loved import-django reads it.
	Frontend []frontend.Exported `json:"frontend"`
}

type exportedUser struct {
	Username     string            `json:"username"`
	Email        string            `json:"email,omitempty"`
	FirstName    string            `json:"first_name,omitempty"`
	LastName     string            `json:"last_name,omitempty"`
	Superuser    bool              `json:"superuser,omitempty"`
	Active       bool              `json:"active"`
	Groups       []string          `json:"groups,omitempty"`
	Permissions  []auth.Permission `json:"permissions,omitempty"`
	PasswordHash string            `json:"password_hash,omitempty"`
	Identity     string            `json:"identity,omitempty"` // who it is at the OpenID provider
}

type exportedGroup struct {
	Name        string            `json:"name"`
	Permissions []auth.Permission `json:"permissions"`
}

func (a *app) exportCommand() *cobra.Command {
	var hashes bool
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Write the data of the manager as JSON",
		Long: `Write the users and groups of the manager, and what the LOVE-frontend keeps in it (views, configurations,
contacts and the like), as JSON to the standard output. Password hashes are left out unless asked for; keys and tokens
always. loved import-django reads the frontend's part back.`,
		Args: exactArgs(),
	}
	cmd.Flags().BoolVar(&hashes, "password-hashes", false, "with the hashes of the passwords: keep the output secret")
	return a.databaseCommand(cmd, true, func(ctx context.Context, db *userDatabase, _ []string) error {
		e := exported{Format: 1}
		users, err := db.Users().Accounts(ctx)
		if err != nil {
			return err
		}
		for _, u := range users {
			x := exportedUser{
				Username: u.Username, Email: u.Email, FirstName: u.FirstName, LastName: u.LastName,
				Superuser: u.Superuser, Active: !u.Disabled, Groups: u.Groups, Permissions: u.Permissions, Identity: u.Identity,
			}
			if hashes {
				x.PasswordHash = u.PasswordHash
			}
			e.Users = append(e.Users, x)
		}
		groups, err := db.Users().Groups(ctx)
		if err != nil {
			return err
		}
		for _, g := range groups {
			e.Groups = append(e.Groups, exportedGroup(g))
		}
		if e.Frontend, err = frontend.Export(ctx, db.Frontend()); err != nil {
			return err
		}
		out := json.NewEncoder(a.stdout)
		out.SetIndent("", "  ")
		return out.Encode(e)
	})
}
