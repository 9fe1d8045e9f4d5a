package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/rubin-love/love-go/internal/mask"
)

// The exit status of the program.
const (
	exitDone    = 0
	exitFailure = 1 // at run time
	exitUsage   = 2
)

// Run runs the program: args are as typed, with the program's own name first,
// environ as from [os.Environ]. It ends with ctx, returns the exit
// status, and leaves nothing running. Tests use it as a user uses the program.
func Run(ctx context.Context, args, environ []string, stdin io.Reader, stdout, stderr io.Writer) int {
	a := &app{program: args[0], environ: environ, stdin: stdin, stdout: stdout, stderr: stderr}
	root := a.command()
	root.SetArgs(args[1:])
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)

	cmd, err := root.ExecuteContextC(ctx)
	var interrupted *interruptError
	if ctx.Err() != nil && errors.Is(err, context.Canceled) && !errors.As(err, &interrupted) {
		err = &interruptError{}
		if runsUntilInterrupted(cmd) {
			err = nil
		}
	}
	if err == nil {
		return exitDone
	}
	text := strings.ReplaceAll(err.Error(), "\n", "; ") // one line, also for joined errors
	text += placesOf(cmd.Flags(), text)
	var usage *usageError
	if !a.started || errors.As(err, &usage) {
		fmt.Fprintf(stderr, "%s: %s (see %s --help)\n", cmd.CommandPath(), mask.Addresses(text), cmd.CommandPath())
		return exitUsage
	}
	fmt.Fprintf(stderr, "%s: %s\n", cmd.CommandPath(), mask.Text(text))
	return exitFailure
}

// app holds what the subcommands share.
type app struct {
	program string   // as the user typed it
	environ []string // NAME=VALUE
	stdin   io.Reader
	stdout  io.Writer
	stderr  io.Writer
	started bool // flags and arguments were valid: an error is now one at run time

	overridden []string // warnings about settings of the configuration file
}

// env returns the value of an environment variable, and whether it is set.
func (a *app) env(name string) (value string, set bool) {
	for _, setting := range slices.Backward(a.environ) { // the last one counts
		if n, v, _ := strings.Cut(setting, "="); n == name {
			return v, true
		}
	}
	return "", false
}

func (a *app) command() *cobra.Command {
	var leapSeconds string
	root := &cobra.Command{
		Use:   "loved",
		Short: "LOVE's back end: manager, producers and the tools around them",
		Long: `loved is LOVE's back end in one binary. Start with

  loved demo

which runs everything on this machine with a simulated observatory.
A flag whose help shows a [$VARIABLE] can be set by it; the flag takes precedence. Most can also be set
in a file (--config FILE, see loved config and loved example config). A secret can be read from a file of
its own: --process-password-file FILE for --process-password, and so for the others.`,
		SilenceErrors: true,
		SilenceUsage:  true,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			if wantsAllHelp(cmd) {
				return pflag.ErrHelp
			}
			if err := a.applySettings(cmd); err != nil {
				return err
			}
			if leapSeconds != "" {
				if err := useLeapSeconds(leapSeconds); err != nil {
					return err
				}
			}
			a.warnAtStart(cmd, a.stderr)
			a.started = true
			return nil
		},
	}
	root.PersistentFlags().StringVar(&leapSeconds, "leap-seconds", "", "`FILE` with a newer table of leap seconds, in the format of the IERS (default the one built in)")
	bindEnv(root.PersistentFlags(), "leap-seconds", "LOVED_LEAP_SECONDS")
	root.AddCommand(
		a.topicsCommand(), untilInterrupted(a.subCommand()), untilInterrupted(a.recordCommand()), a.historyCommand(), a.pubCommand(), a.cmdCommand(), a.commandsCommand(),
		a.approveCommand(), a.dismissCommand(), a.authorityCommand(), a.tokenCommand(), untilInterrupted(a.replayCommand()),
		untilInterrupted(a.demoCommand()), untilInterrupted(a.managerCommand()), untilInterrupted(a.producerCommand()),
		untilInterrupted(a.commanderCommand()), untilInterrupted(a.benchCommand()), untilInterrupted(a.salCommand()),
		a.userCommand(), a.importDjangoCommand(), a.exportCommand(), a.checkCommand(), a.configCommand(), a.exampleCommand(), a.versionCommand(),
	)
	addSecretFiles(root)
	groupCommands(root)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return flagError(cmd.Flags(), "", err) })
	root.SetUsageTemplate(strings.ReplaceAll(root.UsageTemplate(), ".FlagUsages", ".FlagUsagesWrapped "+strconv.Itoa(a.width())))
	return root
}

// interruptAnnotation marks the commands that succeed when they are interrupted.
const interruptAnnotation = "loved/until-interrupted"

// untilInterrupted marks a command, with its subcommands, that runs until it is
// interrupted. All others fail when they are interrupted before their end.
func untilInterrupted(cmd *cobra.Command) *cobra.Command {
	annotate(cmd, interruptAnnotation, "true")
	return cmd
}

func annotate(cmd *cobra.Command, name, value string) {
	if cmd.Annotations == nil {
		cmd.Annotations = map[string]string{}
	}
	cmd.Annotations[name] = value
}

func runsUntilInterrupted(cmd *cobra.Command) bool {
	for ; cmd != nil; cmd = cmd.Parent() {
		if cmd.Annotations[interruptAnnotation] != "" {
			return true
		}
	}
	return false
}

// interruptError is a command that was interrupted before its end.
type interruptError struct{ detail string }

func (e *interruptError) Error() string {
	if e.detail == "" {
		return "interrupted"
	}
	return "interrupted: " + e.detail
}

func (e *interruptError) Unwrap() error { return context.Canceled }

// usageError is a mistake in how the command was typed.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

func usagef(format string, args ...any) error {
	return &usageError{fmt.Errorf(format, args...)}
}
