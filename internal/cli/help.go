package cli

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// flagGroup is a part of the help of a command with many flags.
type flagGroup struct {
	title string
	more  bool     // shown by --help-all only
	flags []string // names; one that ends in * stands for all that begin so
}

func (g flagGroup) has(name string) bool {
	name = strings.TrimSuffix(name, secretFileSuffix) // it is with the secret
	return slices.ContainsFunc(g.flags, func(f string) bool {
		prefix, many := strings.CutSuffix(f, "*")
		return f == name || many && strings.HasPrefix(name, prefix)
	})
}

const helpAll = "help-all"

// groupFlags makes the help of a command show its flags in groups, the long tail of
// them only with --help-all.
func (a *app) groupFlags(cmd *cobra.Command, groups []flagGroup) {
	all := cmd.Flags().Bool(helpAll, false, "help with all flags")
	cmd.SetHelpFunc(func(cmd *cobra.Command, _ []string) {
		w := cmd.OutOrStdout()
		fmt.Fprintf(w, "%s\n\nUsage:\n  %s\n", cmd.Long, cmd.UseLine())
		if cmd.Example != "" {
			fmt.Fprintf(w, "\nExamples:\n%s\n", cmd.Example)
		}
		printFlagGroups(w, cmd, groups, *all, a.width())
	})
}

func printFlagGroups(w io.Writer, cmd *cobra.Command, groups []flagGroup, all bool, width int) {
	var hidden []string
	for _, g := range groups {
		fs := pflag.NewFlagSet("", pflag.ContinueOnError)
		add := func(f *pflag.Flag) {
			if g.has(f.Name) {
				fs.AddFlag(f)
			}
		}
		cmd.LocalFlags().VisitAll(add)
		cmd.InheritedFlags().VisitAll(add)
		if g.more && !all {
			hidden = append(hidden, strings.ToLower(g.title[:1])+g.title[1:])
			continue
		}
		fmt.Fprintf(w, "\n%s:\n%s", g.title, fs.FlagUsagesWrapped(width))
	}
	if len(hidden) > 0 {
		fmt.Fprintf(w, "\n%s --%s shows the rest:\n%s\n", cmd.CommandPath(), helpAll, indented(strings.Join(hidden, ", "), cmp.Or(width, 80)))
	}
}

// wantsAllHelp reports whether a command was given --help-all.
func wantsAllHelp(cmd *cobra.Command) bool {
	f := cmd.Flags().Lookup(helpAll)
	return f != nil && f.Changed
}

// commandGroups are the parts of the help of the program.
var commandGroups = []struct {
	title    string
	commands []string
}{
	{"Run", []string{"demo", "manager", "producer", "commander", "check", "config", "example"}},
	{"Watch", []string{"topics", "sub", "commands", "record", "history"}},
	{"Command", []string{"cmd", "authority", "approve", "dismiss"}},
	{"Publish", []string{"pub", "replay", "sal"}},
	{"Users and data", []string{"user", "token", "import-django", "export"}},
	{"More", []string{"bench", "completion", "help", "version"}},
}

// groupCommands makes the help of the program show its commands in groups.
func groupCommands(root *cobra.Command) {
	for _, g := range commandGroups {
		root.AddGroup(&cobra.Group{ID: g.title, Title: g.title + ":"})
		for _, cmd := range root.Commands() {
			if slices.Contains(g.commands, cmd.Name()) {
				cmd.GroupID = g.title
			}
		}
	}
	root.SetHelpCommandGroupID("More")
	root.SetCompletionCommandGroupID("More")
}
