package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// compatibleWith are the releases of the Python system with the same protocols.
const compatibleWith = "LOVE-manager of April 2026, LOVE-producer 7.1.1"

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print version, commit, Go version and compatibility",
		Args:  exactArgs(),
		RunE: func(*cobra.Command, []string) error {
			version, commit := buildVersion()
			_, err := fmt.Fprintf(a.stdout, "loved %s\ncommit %s\n%s %s/%s\ncompatible with %s\n",
				version, commit, runtime.Version(), runtime.GOOS, runtime.GOARCH, compatibleWith)
			return err
		},
	}
}

// buildVersion returns what the go command wrote into the binary. An installed
// release has a module version, a build of a clone has a commit.
func buildVersion() (version, commit string) {
	version, commit = "(devel)", "unknown"
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return version, commit
	}
	if info.Main.Version != "" {
		version = info.Main.Version
	}
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			commit = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			commit += " with changes"
		}
	}
	return version, commit
}
