package cli

import (
	"context"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/rubin-love/love-go/love/audit"
	"github.com/rubin-love/love-go/love/auth/django"
)

func (a *app) importDjangoCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "import-django FILE",
		Short: "Import users and groups of the Python manager",
		Long: `Import users, groups and permissions from an export of the Python manager, made with

  python manage.py dumpdata auth > FILE

All users keep their passwords; a hash is renewed at the next log-in. Users that exist
already stay as they are, so that the import can be repeated.`,
		Args: exactArgs("FILE"),
	}
	var dump django.Dump
	cmd.PreRunE = func(_ *cobra.Command, args []string) (err error) { // no database is made for a file that cannot be read
		dump, err = readDump(args[0])
		return err
	}
	return a.databaseCommand(cmd, false, func(ctx context.Context, db *userDatabase, args []string) error {
		for _, note := range dump.Notes {
			fmt.Fprintln(a.stderr, note)
		}
		done, err := dump.ImportInto(ctx, db.Users())
		for _, note := range done.Notes {
			fmt.Fprintln(a.stderr, note)
		}
		for _, name := range done.Added { // even if the import failed later
			if err := db.record(ctx, audit.UserAdded, name, "from "+args[0]); err != nil {
				return err
			}
		}
		if err != nil {
			return err
		}
		for _, g := range dump.Groups {
			if err := db.record(ctx, audit.GroupChanged, g.Name, "from "+args[0]); err != nil {
				return err
			}
		}
		for _, name := range done.Kept {
			fmt.Fprintf(a.stderr, "user %s: exists already and stays as it is\n", name)
		}
		fmt.Fprintf(a.stdout, "%d users and %d groups imported\n", len(done.Added), len(dump.Groups))
		return db.record(ctx, audit.UsersImported, args[0], fmt.Sprintf("%d users, %d groups", len(done.Added), len(dump.Groups)))
	})
}

func readDump(file string) (django.Dump, error) {
	f, err := os.Open(file)
	if err != nil {
		return django.Dump{}, fmt.Errorf("opening the export: %w", err)
	}
	defer f.Close()
	dump, err := django.ReadDump(f)
	if err != nil {
		return django.Dump{}, fmt.Errorf("reading %s: %w", file, err)
	}
	return dump, nil
}
