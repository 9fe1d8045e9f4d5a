package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/rubin-love/love-go/love/audit"
	"github.com/rubin-love/love-go/love/auth/django"
	"github.com/rubin-love/love-go/love/frontend"
)

func (a *app) importDjangoCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "import-django FILE",
		Short: "Import users, groups, views and configurations of the Python manager",
		Long: `Import an export of the Python manager, made with

  python manage.py dumpdata > FILE

It takes over users, groups and permissions, and what the LOVE-frontend keeps: views, workspaces,
configurations, contacts, image tags, control locations and configurations of scripts. Pictures of views and
configurations are files beside the Python manager's database: name its folder with --media.

All users keep their passwords; a hash is renewed at the next log-in. What exists already, and what was
imported before, stays as it is, so that the import can be repeated. Run it before the first start of
loved manager, which adds a few views to a database without any.

FILE can also be what loved export has written; its users are then left out.`,
		Args: exactArgs("FILE"),
	}
	var media string
	cmd.Flags().StringVar(&media, "media", "", "`FOLDER` with the files of the Python manager, its MEDIA_ROOT")
	var d dumps
	cmd.PreRunE = func(_ *cobra.Command, args []string) (err error) { // no database is made for a file that cannot be read
		d, err = readDumps(args[0], media)
		return err
	}
	return a.databaseCommand(cmd, false, func(ctx context.Context, db *userDatabase, args []string) error {
		return errors.Join(a.importUsers(ctx, db, d.users, args[0]), a.importFrontend(ctx, db, d.frontend, args[0]))
	})
}

// dumps are the parts of an export.
type dumps struct {
	users    django.Dump
	frontend frontend.Dump
}

// readDumps reads an export. media is the folder with its files, perhaps empty.
func readDumps(file, media string) (d dumps, err error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return d, fmt.Errorf("opening the export: %w", err)
	}
	var files fs.FS
	if media != "" {
		root, err := os.OpenRoot(media) // links that lead out of the folder are not followed
		if err != nil {
			return d, fmt.Errorf("--media: %w", err)
		}
		defer root.Close()
		files = root.FS()
	}
	if d.frontend, err = frontend.ReadDump(bytes.NewReader(text), files); err != nil {
		return d, fmt.Errorf("reading %s: %w", file, err)
	}
	if bytes.HasPrefix(bytes.TrimSpace(text), []byte("{")) { // of loved export
		return d, nil
	}
	d.users, err = django.ReadDump(bytes.NewReader(text))
	if errors.Is(err, django.ErrNoUsers) && d.frontend.Len()+len(d.frontend.Notes) > 0 {
		err = nil
	}
	if err != nil {
		return d, fmt.Errorf("reading %s: %w", file, err)
	}
	return d, nil
}

func (a *app) importUsers(ctx context.Context, db *userDatabase, dump django.Dump, file string) error {
	if len(dump.Accounts)+len(dump.Groups) == 0 {
		return nil
	}
	a.printNotes(dump.Notes)
	done, err := dump.ImportInto(ctx, db.Users())
	a.printNotes(done.Notes)
	for _, name := range done.Added { // even if the import failed later
		if err := db.record(ctx, audit.UserAdded, name, "from "+file); err != nil {
			return err
		}
	}
	if err != nil {
		return err
	}
	for _, g := range dump.Groups {
		if err := db.record(ctx, audit.GroupChanged, g.Name, "from "+file); err != nil {
			return err
		}
	}
	for _, name := range done.Kept {
		fmt.Fprintf(a.stderr, "user %s: exists already and stays as it is\n", name)
	}
	fmt.Fprintf(a.stdout, "%d users and %d groups imported\n", len(done.Added), len(dump.Groups))
	return db.record(ctx, audit.UsersImported, file, fmt.Sprintf("%d users, %d groups", len(done.Added), len(dump.Groups)))
}

func (a *app) importFrontend(ctx context.Context, db *userDatabase, dump frontend.Dump, file string) error {
	if dump.Len()+len(dump.Notes) == 0 {
		return nil
	}
	a.printNotes(dump.Notes)
	done, err := dump.ImportInto(ctx, db.Frontend())
	a.printNotes(done.Notes)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "%d objects of the frontend imported", done.Added)
	if done.Kept > 0 {
		fmt.Fprintf(a.stdout, ", %d are there from before and stay as they are", done.Kept)
	}
	fmt.Fprintln(a.stdout)
	return db.record(ctx, audit.FrontendImported, file, fmt.Sprintf("%d objects", done.Added))
}

func (a *app) printNotes(notes []string) {
	for _, note := range notes {
		fmt.Fprintln(a.stderr, note)
	}
}
