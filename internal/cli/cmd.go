package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/client"
	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/commander/commanderhttp"
	"github.com/rubin-love/love-go/love/sal"
)

// cmdFlags are the flags of `loved cmd`.
type cmdFlags struct {
	conn     clientFlags
	dry      bool
	defaults bool // send fields that are left out as SAL does
	timeout  secondsFlag
}

func (a *app) cmdCommand() *cobra.Command {
	var c cmdFlags
	cmd := &cobra.Command{
		Use:   "cmd CSC[:INDEX] COMMAND [FIELD=VALUE…]",
		Short: "Command a component and print its acknowledgement",
		Long: `Command a component through a manager and print its acknowledgement.
The exit status is 0 only if the component has executed it. A VALUE is what its FIELD takes if the
manager knows that, otherwise JSON if it is valid as such, or a text. The prefix cmd_ of the COMMAND
may be left out.
Every field must be given: SAL would send 0, false or an empty text for those that are left out.
With --defaults that is done. A command whose fields the manager does not know is sent, and a line says
that they could not be checked.
Progress that the component reports is shown as it comes. An interrupt ends the waiting, not the
command: "loved commands" shows its outcome.
With --dry-run nothing is sent: the manager checks whether you may give the command and, where the
commander can do that, its parameters, and names what would be filled in. loved topics shows what
there is; the shell completes names (loved completion --help).`,
		Example: `  loved cmd ATDome moveAzimuth azimuth=90
  loved cmd --dry-run MTHexapod:1 setCompensationMode enable=true`,
		Args: minArgs("CSC[:INDEX]", "COMMAND"),
		RunE: func(cmd *cobra.Command, args []string) error {
			command, values, err := commandOf(args)
			if err != nil {
				return &usageError{err}
			}
			return a.execute(cmd.Context(), &c, command, values)
		},
		ValidArgsFunction: func(cmd *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
			return a.completeCommand(cmd, &c.conn, args, prefix)
		},
	}
	c.conn.registerUser(cmd.Flags())
	cmd.Flags().BoolVar(&c.dry, "dry-run", false, "check the command, send nothing")
	cmd.Flags().BoolVar(&c.defaults, "defaults", false, "send 0, false or an empty text for fields that are left out")
	cmd.Flags().Var(&c.timeout, "timeout", "how long to wait for the answer, in `SECONDS` or as 1m30s (default as long as the manager takes)")
	cmd.Flags().Lookup("timeout").DefValue = ""
	return cmd
}

// execute has the manager issue the command, or check it.
func (a *app) execute(ctx context.Context, f *cmdFlags, command love.Command, values []fieldValue) error {
	c, err := a.userClient(ctx, f.conn)
	if err != nil {
		return err
	}
	waiting, stop := ctx, func() {}
	if f.timeout > 0 {
		waiting, stop = context.WithTimeout(ctx, time.Duration(f.timeout))
	}
	defer stop()
	name := commandLine(command.CSC, command.SalIndex, command.Name)
	found, err := a.complete(waiting, f, c, &command, values)
	if ctx.Err() != nil {
		return ctx.Err() // nothing was sent
	}
	if err != nil && !(f.dry && found.known) {
		return err
	}
	if f.dry {
		ack, failed := c.CheckCommand(waiting, command)
		if failed := a.printChecked(ack, failed, name, found); failed != nil {
			return failed
		}
		return err
	}
	ack, err := c.Command(commander.WithProgress(waiting, a.showProgress), command)
	if refused, _ := errors.AsType[*commander.Error](err); !found.known && !f.defaults && (refused == nil || refused.Kind != commander.Refused) {
		fmt.Fprintf(a.stderr, "whether %s leaves out a field could not be checked: the manager does not know its fields\n", name)
	}
	return a.printAck(ctx, ack, err, name)
}

// fields are what the definition of a command says about its values.
type fields struct {
	known   bool           // there is a definition
	missing []client.Field // have no value
}

// complete gives the command its parameters. Fields that are left out are an error
// unless the flags allow them, like a definition that could not be had.
func (a *app) complete(ctx context.Context, f *cmdFlags, c *client.Client, command *love.Command, values []fieldValue) (fields, error) {
	name := commandLine(command.CSC, command.SalIndex, command.Name)
	component, t, known, err := definitionOf(ctx, c, *command)
	command.Params = paramsOf(values, textFields(t))
	switch {
	case err != nil && f.defaults:
		return fields{}, nil // the values are checked where the command is
	case errors.Is(err, context.DeadlineExceeded) && ctx.Err() != nil:
		return fields{}, fmt.Errorf("no answer in time to what fields %s has; nothing was sent", name)
	case err != nil:
		return fields{}, uncheckedError(name, err)
	case !known:
		return fields{}, nil
	}
	warning, err := checkInstance(ctx, c, *command, component)
	if err != nil {
		return fields{}, err
	}
	if warning != "" {
		fmt.Fprintf(a.stderr, "loved cmd: warning: %s\n", warning)
	}
	missing, unknown := leftOut(t, values)
	if len(missing) > 0 && !f.defaults {
		err = leftOutError(name, missing, unknown)
	}
	return fields{known, missing}, err
}

// commandLine returns a command as it is typed.
func commandLine(csc string, index int, name string) string {
	if index != 0 {
		csc += ":" + strconv.Itoa(index)
	}
	return csc + " " + strings.TrimPrefix(name, "cmd_")
}

// printAck prints the answer to a command. Any answer but success is an
// error that gives the outcome, as far as it is known.
func (a *app) printAck(ctx context.Context, ack love.Ack, err error, name string) error {
	answered, ok := answerOf(err)
	switch {
	case err != nil && !ok:
		return waitError(ctx, err)
	case err != nil:
		ack.Text = answered.Text
	}
	if err == nil && ack.Succeeded() {
		_, err := fmt.Fprintln(a.stdout, cmp.Or(ack.Text, love.Done))
		return err
	}
	if _, err := fmt.Fprintln(a.stdout, ack.Text); err != nil {
		return err
	}
	if err == nil {
		return fmt.Errorf("%s is not done (code %d)", name, ack.Code)
	}
	outcome := "is not done"
	if ok {
		switch answered.Kind {
		case commander.Awaiting:
			outcome = "waits for approval"
		case commander.Unknown, commander.TimedOut:
			outcome = "has no answer"
		}
	}
	return fmt.Errorf("%s %s (HTTP %d)", name, outcome, commanderhttp.Status(err))
}

// printChecked prints the answer to a check of a command, and what would be filled in
// if the answer cannot name that. A command that would not be sent is an error.
func (a *app) printChecked(ack love.Ack, err error, name string, found fields) error {
	answered, ok := answerOf(err)
	switch {
	case err != nil && !ok:
		return withHint(err)
	case err != nil:
		ack.Text = answered.Text
	case ack.Text == commander.Unchecked && len(found.missing) > 0:
		ack.Text += " Left out, so it would be sent with: " + strings.Join(defaultTexts(found.missing), ", ") + "."
	case ack.Text == commander.Unchecked && !found.known:
		ack.Text += " Whether a field is left out could not be checked: the manager does not know its fields."
	}
	if _, err := fmt.Fprintln(a.stdout, ack.Text); err != nil || !ok || answered.Kind == commander.Awaiting {
		return err
	}
	if status := commanderhttp.Status(err); status >= http.StatusInternalServerError {
		return fmt.Errorf("%s could not be checked (HTTP %d)", name, status)
	}
	return fmt.Errorf("%s would be refused (HTTP %d)", name, commanderhttp.Status(err))
}

// answerOf returns the manager's answer if that is what the error holds.
func answerOf(err error) (*commander.Error, bool) {
	failed, ok := errors.AsType[*commander.Error](err)
	_, answered := errors.AsType[*commanderhttp.StatusError](err)
	return failed, ok && answered
}

// waitError returns why the wait for the answer to a command ended.
func waitError(ctx context.Context, err error) error {
	const continues = "if the command was sent, it continues; the record of commands will show its outcome (loved commands)"
	switch {
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		return &interruptError{continues}
	case errors.Is(err, context.DeadlineExceeded):
		return errors.New("no answer in time: " + continues)
	}
	return withHint(err)
}

// showProgress prints progress to standard error, so that standard output holds
// the answer alone.
func (a *app) showProgress(p love.Progress) {
	text := p.Name
	if p.Result != "" {
		text += ": " + p.Result
	}
	if p.Timeout > 0 {
		text += fmt.Sprintf(" (about %gs longer)", p.Timeout)
	}
	fmt.Fprintln(a.stderr, text)
}

// commandOf returns the command that the arguments name, and the values of its
// parameters.
func commandOf(args []string) (love.Command, []fieldValue, error) {
	csc, index, err := sal.ParseName(args[0])
	if err != nil {
		return love.Command{}, nil, err
	}
	if !utf8.ValidString(args[1]) {
		return love.Command{}, nil, fmt.Errorf("the command %q is not UTF-8", args[1])
	}
	values, err := fieldValues(args[2:])
	return love.Command{CSC: csc, SalIndex: index, Name: args[1]}, values, err
}
