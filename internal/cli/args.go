package cli

import (
	"fmt"

	"github.com/spf13/cobra"
)

// exactArgs requires one argument for each of the names in what, for example
// ("CATEGORY", "CSC[:INDEX]").
func exactArgs(what ...string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		switch n := len(args); {
		case len(what) == 0 && n > 0:
			return fmt.Errorf("takes no arguments, but got %q", args[0])
		case n < len(what):
			return fmt.Errorf("%s is missing", what[n])
		case n > len(what):
			return fmt.Errorf("%q is one argument too many", args[len(what)])
		}
		return nil
	}
}

// minArgs is like exactArgs, but allows more arguments.
func minArgs(what ...string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if n := len(args); n < len(what) {
			return fmt.Errorf("%s is missing", what[n])
		}
		return nil
	}
}
