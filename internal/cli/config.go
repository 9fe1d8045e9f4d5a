package cli

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v4"

	"github.com/rubin-love/love-go/internal/configfile"
	"github.com/rubin-love/love-go/internal/mask"
)

// The flags of `loved config` itself.
const (
	outputFlag  = "output"
	secretsFlag = "secrets"
)

func (a *app) configCommand() *cobra.Command {
	cmd := a.configOf("manager", new(managerFlags).register, managerFlagGroups)
	cmd.Use, cmd.Short = "config", "Print the settings in force, and where each comes from"
	cmd.Long = `Print the settings that a manager would have with the same flags, environment and configuration file,
each with where its value comes from: a flag, a variable, a line of the file, or the default. Secrets
are not shown. It starts nothing; loved check tests whether the settings work.

With --output yaml it prints what is not at its default as a configuration file, which reproduces these
settings: secrets that are not in a file of their own are left out, unless --secrets is given.

loved config producer and loved config commander do the same for these.`
	cmd.Example = `  loved config --config loved.yaml
  loved config --output yaml >loved.yaml          # from the environment of a Python manager
  loved config producer`
	cmd.AddCommand(
		a.configOf("manager", new(managerFlags).register, managerFlagGroups),
		a.configOf("producer", new(producerFlags).register, nil),
		a.configOf("commander", new(commanderFlags).register, nil),
	)
	return cmd
}

// configOf returns the command that prints the settings of a role.
func (a *app) configOf(role string, register func(*pflag.FlagSet), groups []flagGroup) *cobra.Command {
	output, secrets := oneOf("text", "yaml"), false
	cmd := &cobra.Command{
		Use:   role,
		Short: "Print the settings of loved " + role,
		Args:  exactArgs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			p := settingsPrinter{app: a, cmd: cmd, groups: groups, secrets: secrets}
			if output.value == "yaml" {
				return p.yaml(role)
			}
			return p.table()
		},
	}
	register(cmd.Flags())
	cmd.Flags().Var(output, outputFlag, "print a table, or a configuration file")
	cmd.Flags().BoolVar(&secrets, secretsFlag, false, "show secrets, too")
	cmd.SetHelpFunc(func(cmd *cobra.Command, _ []string) {
		own := pflag.NewFlagSet("", pflag.ContinueOnError)
		for _, name := range []string{configFlag, outputFlag, secretsFlag} {
			own.AddFlag(cmd.Flags().Lookup(name))
		}
		text := cmd.Long
		if text == "" {
			text = cmd.Short + "; see loved config --help."
		}
		fmt.Fprintf(a.stdout, "%s\n\nUsage:\n  %s\n", text, cmd.UseLine())
		if cmd.Example != "" {
			fmt.Fprintf(a.stdout, "\nExamples:\n%s\n", cmd.Example)
		}
		fmt.Fprintf(a.stdout, "\nFlags, beside those of loved %s:\n%s", role, own.FlagUsagesWrapped(a.width()))
	})
	return withConfig(cmd, role)
}

// shownValue returns the value of a setting as text, and whether a secret was masked
// in it.
func shownValue(f *pflag.Flag) (text string, masked bool) {
	text = plainValue(f)
	way := f.Annotations[secretAnnotation]
	switch {
	case text == "" || len(way) == 0:
		shown := mask.Text(text)
		return shown, shown != text
	case way[0] == inAddress:
		shown := mask.Text(text)
		return shown, shown != text
	}
	return "…", true
}

// plainValue returns the value of a setting as it could be given to its flag.
func plainValue(f *pflag.Flag) string {
	if list, ok := f.Value.(pflag.SliceValue); ok {
		return strings.Join(list.GetSlice(), ", ")
	}
	return f.Value.String()
}

// settingsPrinter prints the settings of a role.
type settingsPrinter struct {
	app     *app
	cmd     *cobra.Command // its flags are set
	groups  []flagGroup    // nil if there are none
	secrets bool
}

// visit visits the settings in the order of the help, with the title of their group.
func (p *settingsPrinter) visit(f func(group string, flag *pflag.Flag)) {
	groups := p.groups
	if groups == nil {
		groups = []flagGroup{{title: "", flags: []string{"*"}}}
	}
	for _, g := range groups {
		p.cmd.Flags().VisitAll(func(flag *pflag.Flag) {
			if g.has(flag.Name) && isSetting(flag) && !isSecretFile(flag) {
				f(g.title, flag)
			}
		})
	}
}

func (p *settingsPrinter) value(f *pflag.Flag) (text string, masked bool) {
	if p.secrets {
		return plainValue(f), false
	}
	return shownValue(f)
}

// table prints all settings for people.
func (p *settingsPrinter) table() error {
	rows := [][]string{{"SETTING", "FROM", "VALUE"}}
	last := ""
	p.visit(func(group string, f *pflag.Flag) {
		if group != last {
			rows, last = append(rows, []string{"", "", ""}, []string{group + ":", "", ""}), group
		}
		value, _ := p.value(f)
		if value == "" {
			value = "-"
		}
		from := source(f)
		if from == "" {
			from = "default"
		}
		rows = append(rows, []string{"  " + f.Name, from, printable(value)})
	})
	if others := p.variables(); len(others) > 0 {
		rows = append(rows, []string{"", "", ""}, []string{"Variables without a flag:", "", ""})
		for _, v := range others {
			rows = append(rows, []string{"  " + v.name, "variable", printable(v.shown(p.secrets))})
		}
	}
	var out bytes.Buffer
	if err := printTable(&out, rows, p.app.width()); err != nil {
		return err
	}
	for line := range strings.Lines(out.String()) {
		fmt.Fprintln(p.app.stdout, strings.TrimRight(line, " \n"))
	}
	return nil
}

// yaml prints a configuration file with the settings that are not at their defaults.
func (p *settingsPrinter) yaml(role string) error {
	out := p.app.stdout
	fmt.Fprintf(out, "# Settings of loved %s, by the names of its flags.\n", role)
	last := ""
	p.visit(func(group string, f *pflag.Flag) {
		from := source(f)
		if from == "" {
			return
		}
		if group != last {
			fmt.Fprintf(out, "\n# %s\n", group)
			last = group
		}
		inFile := p.cmd.Flags().Lookup(f.Name + secretFileSuffix)
		_, masked := p.value(f)
		switch {
		case inFile != nil && inFile.Changed && source(f) == source(inFile):
			fmt.Fprintf(out, "%s: %s # from %s\n", inFile.Name, yamlText(inFile.Value.String()), from)
		case masked:
			fmt.Fprintf(out, "# %s: a secret, from %s; --%s shows it\n", f.Name, from, secretsFlag)
		default:
			fmt.Fprintf(out, "%s: %s # from %s\n", f.Name, yamlValue(f), from)
		}
	})
	others := p.variables()
	if len(others) > 0 {
		fmt.Fprint(out, "\n# Also read, from the environment alone:\n")
	}
	for _, v := range others {
		fmt.Fprintf(out, "#   %s=%s\n", v.name, printable(v.shown(p.secrets)))
	}
	return nil
}

// yamlValue returns the value of a setting in YAML, on one line.
func yamlValue(f *pflag.Flag) string {
	if list, ok := f.Value.(pflag.SliceValue); ok {
		var elements []string
		for _, e := range list.GetSlice() {
			elements = append(elements, yamlText(e))
		}
		return "[" + strings.Join(elements, ", ") + "]"
	}
	switch f.Value.Type() {
	case "bool", "int", "float64":
		if !strings.Contains(f.Value.String(), " ") { // a size such as 4 MiB
			return f.Value.String()
		}
	}
	return yamlText(f.Value.String())
}

// yamlText returns a text in YAML, on one line, and in quotation marks if it needs them.
func yamlText(text string) string {
	if isPlain("x: "+text+" # y", configfile.Text, text) && isPlain("x: ["+text+"] # y", configfile.List, text) {
		return text
	}
	n := yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text, Style: yaml.DoubleQuotedStyle}
	out, err := yaml.Dump(&n, yaml.WithLineWidth(-1))
	if err != nil {
		return strconv.Quote(text)
	}
	return strings.TrimSpace(string(out))
}

// isPlain reports whether a line of a configuration file has a value.
func isPlain(line string, kind configfile.Kind, value string) bool {
	all, err := configfile.Parse([]byte(line))
	return err == nil && len(all) == 1 && all[0].Kind == kind && slices.Equal(all[0].Values, []string{value})
}

// variable is one that has no flag.
type variable struct{ name, value string }

func (v variable) shown(secrets bool) string {
	if !secrets && slices.ContainsFunc([]string{"PASS", "SECRET", "TOKEN", "KEY"}, func(word string) bool { return strings.Contains(v.name, word) }) {
		return "…"
	}
	if !secrets {
		return mask.Text(v.value)
	}
	return v.value
}

// variablesOf are the variables without a flag that roles read; one that ends in _ stands
// for all that begin so.
var variablesOf = map[string][]string{
	"manager":   {"LOVE_SITE", "REMOTE_STORAGE"},
	"producer":  {"FINISHED_SCRIPTS_LIST_SIZE", "UPDATE_SCRIPTS_SCHEMA_ON_START", "LSST_"},
	"commander": {"LOVE_SITE", "LSST_"},
}

// variables returns those that are set, in the order of their names.
func (p *settingsPrinter) variables() (set []variable) {
	for _, setting := range p.app.environ {
		name, value, _ := strings.Cut(setting, "=")
		for _, known := range variablesOf[p.cmd.Annotations[roleAnnotation]] {
			if value != "" && (name == known || strings.HasSuffix(known, "_") && strings.HasPrefix(name, known)) {
				set = append(set, variable{name, value})
			}
		}
	}
	slices.SortFunc(set, func(a, b variable) int { return strings.Compare(a.name, b.name) })
	return slices.Compact(set)
}
