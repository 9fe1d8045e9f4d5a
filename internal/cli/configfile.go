package cli

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/rubin-love/love-go/internal/configfile"
	"github.com/rubin-love/love-go/internal/similar"
)

const configFlag = "config"

// roleAnnotation names, at a command, the one whose settings its configuration file has.
const roleAnnotation = "loved/role"

// roles are the commands that have a configuration file of their own.
var roles = []string{"manager", "producer", "commander"}

// withConfig gives a command the flag for a configuration file with the settings of a
// role. The command may have some of them only.
func withConfig(cmd *cobra.Command, role string) *cobra.Command {
	cmd.Flags().String(configFlag, "", "`FILE` with settings in YAML, by the names of these flags; flags and variables take precedence")
	bindEnv(cmd.Flags(), configFlag, "LOVED_CONFIG")
	annotate(cmd, roleAnnotation, role)
	return cmd
}

// config is a configuration file that was read; nil if there is none.
type config struct {
	path     string
	settings map[string]configfile.Setting
}

// place returns where a setting is, for errors.
func (c *config) place(s configfile.Setting) string { return c.path + ":" + strconv.Itoa(s.Line) }

// readConfig reads the file that a command was given, and refuses names that its role
// does not have. It returns nil if there is none.
func (a *app) readConfig(cmd *cobra.Command) (*config, error) {
	f := cmd.Flags().Lookup(configFlag)
	if f == nil || cmd.Annotations[roleAnnotation] == "" {
		return nil, nil
	}
	path := f.Value.String()
	if !f.Changed {
		path, _ = a.env("LOVED_CONFIG")
	}
	if path == "" {
		return nil, nil
	}
	text, err := readConfigFile(path)
	if err != nil {
		return nil, fmt.Errorf("--%s: %w", configFlag, err)
	}
	all, err := configfile.Parse(text)
	if known, ok := errors.AsType[*configfile.Error](err); ok {
		if known.Line == 0 {
			return nil, fmt.Errorf("%s: %s", path, known.Problem)
		}
		return nil, fmt.Errorf("%s:%d: %s", path, known.Line, known.Problem)
	}
	c := &config{path: path, settings: map[string]configfile.Setting{}}
	for _, s := range all {
		if err := knownSetting(cmd, s.Name); err != nil {
			return nil, fmt.Errorf("%s: %w", c.place(s), err)
		}
		c.settings[s.Name] = s
	}
	return c, nil
}

func readConfigFile(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, configfile.MaxSize+1))
}

// knownSetting refuses a name that the role of a command does not have.
func knownSetting(cmd *cobra.Command, name string) error {
	role := cmd.Annotations[roleAnnotation]
	names := settingNames(roleCommand(cmd.Root(), role))
	if slices.Contains(names, name) {
		return nil
	}
	if strings.HasPrefix(name, "-") || strings.HasPrefix(name, variablePrefix) {
		return fmt.Errorf("%q is not a setting: write the name of the flag without hyphens before it, such as listen: 0.0.0.0:8000", name)
	}
	for _, other := range roles {
		if slices.Contains(settingNames(roleCommand(cmd.Root(), other)), name) {
			return fmt.Errorf("%q is a setting of loved %s, and not of loved %s", name, other, role)
		}
	}
	return fmt.Errorf("loved %s has no setting %q%s", role, name, similar.Question(similar.Names(name, names)))
}

func roleCommand(root *cobra.Command, role string) *cobra.Command {
	for _, c := range root.Commands() {
		if c.Name() == role {
			return c
		}
	}
	return root
}

// settingNames are the names that a configuration file of a command may have.
func settingNames(cmd *cobra.Command) (names []string) {
	add := func(f *pflag.Flag) {
		if isSetting(f) {
			names = append(names, f.Name)
		}
	}
	cmd.Flags().VisitAll(add)
	cmd.Root().PersistentFlags().VisitAll(add)
	return names
}

// isSetting reports whether a flag is about what a program does, and not about how it is
// called.
func isSetting(f *pflag.Flag) bool {
	switch f.Name {
	case configFlag, "help", helpAll, outputFlag, secretsFlag:
		return false
	}
	return true
}

// set sets a flag as the file says.
func (c *config) set(fs *pflag.FlagSet) func(*pflag.Flag) (bool, error) {
	return func(f *pflag.Flag) (bool, error) {
		if c == nil {
			return false, nil
		}
		s, ok := c.settings[f.Name]
		if !ok {
			return false, nil
		}
		if err := setValue(fs, f, s); err != nil {
			return false, fmt.Errorf("%s: %s: %w", c.place(s), f.Name, err)
		}
		setSource(f, c.place(s))
		return true, nil
	}
}

// overridden returns a sentence for each setting of the file that a variable takes
// precedence of with another value: who edits the file does not see the variables of a unit.
func (c *config) overridden(fs *pflag.FlagSet) (all []string) {
	if c == nil {
		return nil
	}
	for _, s := range slices.SortedFunc(maps.Values(c.settings), func(a, b configfile.Setting) int { return a.Line - b.Line }) {
		f := fs.Lookup(s.Name)
		if f == nil {
			continue
		}
		same := strings.Join(s.Values, ", ") == plainValue(f)
		if isSecretFile(f) {
			f = fs.Lookup(f.Annotations[secretFileAnnotation][0])
		}
		from := source(f)
		if same || from == "" || strings.HasPrefix(from, "--") || strings.HasPrefix(from, c.path+":") {
			continue
		}
		all = append(all, fmt.Sprintf("%s: %s has no effect, because %s takes precedence: remove one of them", c.place(s), s.Name, from))
	}
	return all
}

// setValue sets a flag to a value of YAML. The error says what is wrong with the value.
func setValue(fs *pflag.FlagSet, f *pflag.Flag, s configfile.Setting) error {
	list, isList := f.Value.(pflag.SliceValue)
	isBool := f.Value.Type() == "bool"
	switch {
	case s.Kind == configfile.List && !isList:
		return errors.New("is a list: give one value")
	case s.Kind == configfile.Bool && !isBool:
		return fmt.Errorf("is %s: give a text, in quotation marks if it is %[1]q", s.Values[0])
	case isBool && s.Kind != configfile.Bool:
		return fmt.Errorf("is %q: give true or false", s.Values[0])
	case s.Kind == configfile.List:
		f.Changed = true
		return list.Replace(s.Values)
	}
	if err := fs.Set(f.Name, s.Values[0]); err != nil {
		var invalid *pflag.InvalidValueError
		if errors.As(err, &invalid) {
			return valueError(invalid)
		}
		return err
	}
	return nil
}

// configWarning warns of a file with secrets that all users of the machine can read; it
// returns "" for any other.
func configWarning(fs *pflag.FlagSet) string {
	f := fs.Lookup(configFlag)
	if f == nil || f.Value.String() == "" {
		return ""
	}
	path, secret := f.Value.String(), ""
	fs.VisitAll(func(f *pflag.Flag) {
		inFile := fs.Lookup(f.Name + secretFileSuffix)
		if _, masked := shownValue(f); masked && strings.HasPrefix(source(f), path+":") && (inFile == nil || !inFile.Changed) {
			secret = f.Name
		}
	})
	info, err := os.Stat(path)
	if secret == "" || err != nil || info.Mode().Perm()&0o004 == 0 {
		return ""
	}
	return fmt.Sprintf("%s has a secret (%s), and every user of this machine can read it: chmod o-r %[1]s", path, secret)
}

// flagName finds the flags in the text of an error.
var flagName = regexp.MustCompile(`--[a-z][a-z0-9-]*`)

// placesOf returns where the flags are set that an error names, for those that the
// configuration file sets.
func placesOf(fs *pflag.FlagSet, text string) string {
	var places []string
	for _, name := range flagName.FindAllString(text, -1) {
		f := fs.Lookup(name[2:])
		if f == nil || f.Name == configFlag {
			continue
		}
		if at := source(f); strings.Contains(at, ":") && !strings.Contains(text, at) {
			if place := at + ": " + f.Name; !slices.Contains(places, place) {
				places = append(places, place)
			}
		}
	}
	if len(places) == 0 {
		return ""
	}
	return " (" + strings.Join(places, ", ") + ")"
}
