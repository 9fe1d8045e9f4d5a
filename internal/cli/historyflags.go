package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/rubin-love/love-go/internal/mask"
	"github.com/rubin-love/love-go/love/history"
	"github.com/rubin-love/love-go/love/history/efd"
	"github.com/rubin-love/love-go/love/server"
)

// archiveSource is the name of the archive among the sources of the past.
const archiveSource = server.ArchiveName

// efdFlags are the EFDs that a command asks for the past, by name.
type efdFlags struct {
	efds           []string // NAME=URL, or NAME to look it up
	service        string
	user, password string
	file           string // of users and passwords by name

	sources map[string]history.Source // once they are checked
	shown   map[string]string         // where each is, without secrets
}

func (f *efdFlags) register(fs *pflag.FlagSet) {
	fs.StringSliceVar(&f.efds, "efd", nil, "an EFD (InfluxDB 1.x) as `NAME=URL`, or a NAME that the --efd-service knows; may be repeated")
	bindEnv(fs, "efd", "LOVED_EFD")
	text := func(p *string, name, usage, variable string) {
		fs.StringVar(p, name, "", usage)
		bindEnv(fs, name, variable)
	}
	text(&f.user, "efd-user", "`USER` at the EFDs that --efd-passwords does not name", "LOVED_EFD_USER")
	text(&f.password, "efd-password", "`PASSWORD` of that user", "LOVED_EFD_PASSWORD")
	text(&f.file, "efd-passwords", "`FILE` with a line NAME USER PASSWORD for each EFD that has its own", "LOVED_EFD_PASSWORDS")
	text(&f.service, "efd-service", "`URL` of a service that knows EFDs and their passwords by name, with the interface of segwarides", "LOVED_EFD_SERVICE")
	markSecret(fs, escaped, "efd-password")
	markSecret(fs, inAddress, "efd-service")
}

// efdName is what an EFD may be called: the name is a part of URLs.
var efdName = regexp.MustCompile(`^[A-Za-z0-9_.-]+$`)

// login is who asks an EFD.
type login struct{ user, password string }

// check refuses settings that are wrong or without effect, and makes the sources. It
// connects to nothing.
func (f *efdFlags) check() error {
	f.sources, f.shown = map[string]history.Source{}, map[string]string{}
	if len(f.efds) == 0 {
		return f.checkUnused()
	}
	logins, err := f.logins()
	if err != nil {
		return err
	}
	for _, text := range f.efds {
		if err := f.add(text, logins); err != nil {
			return err
		}
	}
	for name := range logins {
		if _, ok := f.sources[name]; !ok {
			return fmt.Errorf("--efd-passwords: %s names the EFD %q, which no --efd does: add one, or remove the line", f.file, name)
		}
	}
	return nil
}

// checkUnused refuses settings that have no effect without an EFD.
func (f *efdFlags) checkUnused() error {
	for flag, value := range map[string]string{"efd-user": f.user, "efd-password": f.password, "efd-passwords": f.file, "efd-service": f.service} {
		if value != "" {
			return fmt.Errorf("--%s is given without an EFD: name one with --efd (LOVED_EFD), or leave it out", flag)
		}
	}
	return nil
}

// add adds the EFD of one --efd.
func (f *efdFlags) add(text string, logins map[string]login) error {
	name, address, hasAddress := strings.Cut(text, "=")
	switch {
	case !efdName.MatchString(name):
		return fmt.Errorf("--efd: %q is not the name of an EFD: write NAME=URL, with a NAME of letters, digits, underscores, hyphens and dots", mask.Address(name))
	case name == archiveSource:
		return fmt.Errorf("--efd: %q is the name of the manager's own archive: give the EFD another name", name)
	case f.sources[name] != nil:
		return fmt.Errorf("--efd: there are two with the name %q: give each its own", name)
	case !hasAddress && f.service == "":
		return fmt.Errorf("--efd: %q has no address: write %s=URL, or name a service to look it up with --efd-service", name, name)
	case !hasAddress:
		if _, ok := logins[name]; ok {
			return fmt.Errorf("--efd-passwords: %s has a password of the EFD %q, which --efd-service looks up: remove the line", f.file, name)
		}
		f.sources[name], f.shown[name] = efd.Credentials{URL: f.service}.Source(name), "looked up at "+mask.Address(f.service)
		return nil
	}
	who, ok := logins[name]
	if !ok {
		who = login{f.user, f.password}
	}
	e, err := efd.New(efd.Config{URL: address, Username: who.user, Password: who.password})
	if err != nil {
		return fmt.Errorf("--efd: %s: %w", name, err)
	}
	f.sources[name], f.shown[name] = e, mask.Address(address)
	return nil
}

// logins reads the users and passwords of single EFDs.
func (f *efdFlags) logins() (map[string]login, error) {
	if u, err := url.Parse(f.service); f.service != "" && (err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "") {
		return nil, errors.New("--efd-service must be http://HOST/PATH or https://…")
	}
	if f.password != "" && f.user == "" {
		return nil, errors.New("--efd-password is given without a user: add --efd-user (LOVED_EFD_USER)")
	}
	if f.file == "" {
		return nil, nil
	}
	file, err := os.Open(f.file)
	if err != nil {
		return nil, fmt.Errorf("--efd-passwords: %w", err)
	}
	defer func() { _ = file.Close() }()
	logins, err := parseLogins(file)
	if err != nil {
		return nil, fmt.Errorf("--efd-passwords: %s: %w", f.file, err)
	}
	return logins, nil
}

// parseLogins reads lines of NAME USER PASSWORD; the password is the rest of its line.
// Lines that are empty or begin with # are ignored.
func parseLogins(r io.Reader) (map[string]login, error) {
	all := map[string]login{}
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, rest, _ := strings.Cut(line, " ")
		user, password, ok := strings.Cut(strings.TrimSpace(rest), " ")
		if !ok {
			return nil, fmt.Errorf("line %d is not NAME USER PASSWORD", n)
		}
		if _, twice := all[name]; twice {
			return nil, fmt.Errorf("line %d names an EFD that another line has named", n)
		}
		all[name] = login{user, strings.TrimSpace(password)}
	}
	return all, lines.Err()
}

// names returns the names of the EFDs, in order.
func (f *efdFlags) names() []string { return slices.Sorted(maps.Keys(f.sources)) }
