package cli

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"
)

func TestTheHelpOfAManagerIsShortAtFirst(t *testing.T) {
	u := newUser(t)
	short, long := u.mustRun("", "manager", "--help"), u.mustRun("", "manager", "--help-all")
	require.Less(t, strings.Count(short, "\n"), 40)
	require.Contains(t, short, "loved manager --help-all shows the rest:\n  tokens and secrets, ")
	require.NotContains(t, short, "--limit-streams")
	for _, want := range []string{"--limit-streams NUMBER", "(default 730d)", "--listen ADDRESS", "Usage:", "loved.db"} {
		require.Contains(t, long, want)
	}
}

func TestEveryFlagAndCommandIsInOneGroupOfTheHelp(t *testing.T) {
	root := (&app{}).command()
	manager, _, err := root.Find([]string{"manager"})
	require.NoError(t, err)
	check := func(f *pflag.Flag) {
		var groups []string
		for _, g := range managerFlagGroups {
			if g.has(f.Name) {
				groups = append(groups, g.title)
			}
		}
		require.Len(t, groups, 1, f.Name)
	}
	manager.InitDefaultHelpFlag()
	manager.LocalFlags().VisitAll(check)
	manager.InheritedFlags().VisitAll(check)
	for _, cmd := range root.Commands() {
		require.True(t, cmd.GroupID != "" || cmd.Name() == "help", "%s", cmd.Name())
		require.True(t, root.ContainsGroup(cmd.GroupID) || cmd.GroupID == "", cmd.Name())
	}
}

func TestHelpFitsTheTerminal(t *testing.T) {
	cmd := &cobra.Command{Use: "x", Long: "long"}
	cmd.Flags().String("flag", "", strings.Repeat("word ", 40))
	var b strings.Builder
	printFlagGroups(&b, cmd, []flagGroup{{"All", false, []string{"*"}}}, true, 60)
	for line := range strings.SplitSeq(b.String(), "\n") {
		require.LessOrEqual(t, len(line), 60)
	}
}
