package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/client"
	"github.com/rubin-love/love-go/love/sal"
)

func (a *app) cmdCommand() *cobra.Command {
	var to clientFlags
	var dry bool
	cmd := &cobra.Command{
		Use:   "cmd CSC[:INDEX] COMMAND [FIELD=VALUE…]",
		Short: "Command a component and print its acknowledgement",
		Long: `Command a component through a manager and print its acknowledgement.
The exit status is 0 only if that is "Done". A VALUE is JSON if it can be read so, otherwise a text;
the prefix cmd_ of the COMMAND may be left out. Progress that the component reports is shown as it comes.
With --dry-run nothing is sent: it tells whether you may, and whether the parameters are right where
the commander can check them. Names are completed by the shell (loved completion --help).`,
		Example: `  loved cmd ATDome moveAzimuth azimuth=90
  loved cmd --dry-run MTHexapod:1 setCompensationMode enable=true`,
		Args: atLeast("CSC[:INDEX]", "COMMAND"),
		RunE: func(cmd *cobra.Command, args []string) error {
			command, err := commandOf(args)
			if err != nil {
				return &usageError{err}
			}
			return a.execute(cmd, to, command, dry)
		},
		ValidArgsFunction: func(cmd *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
			return a.completeCommand(cmd, to, args, begun)
		},
	}
	to.register(cmd.Flags())
	cmd.Flags().BoolVar(&dry, "dry-run", false, "check the command, send nothing")
	return cmd
}

// execute has the manager issue the command, or check it.
func (a *app) execute(cmd *cobra.Command, flags clientFlags, command love.Command, dry bool) error {
	c, err := a.userClient(cmd.Context(), flags)
	if err != nil {
		return err
	}
	if dry {
		reply, err := c.CheckCommand(cmd.Context(), command)
		if err != nil {
			return explain(err)
		}
		fmt.Fprintln(a.stdout, reply.Text)
		if reply.Status >= 300 {
			return fmt.Errorf("%s of %s:%d would be refused (HTTP %d)", command.Name, command.CSC, command.SalIndex, reply.Status)
		}
		return nil
	}
	reply, err := c.Commanding(cmd.Context(), command, a.showProgress)
	if err != nil {
		return explain(err)
	}
	fmt.Fprintln(a.stdout, reply.Text)
	if !reply.OK() {
		return fmt.Errorf("%s of %s:%d is not done (HTTP %d)", command.Name, command.CSC, command.SalIndex, reply.Status)
	}
	return nil
}

// userClient is a client of the manager for what only users may do.
func (a *app) userClient(ctx context.Context, flags clientFlags) (*client.Client, error) {
	to, err := a.access(ctx, flags)
	if err != nil {
		return nil, err
	}
	if to.token == "" {
		return nil, usagef("only a user may command: give --token or --user")
	}
	c, err := client.New(to.manager, client.WithToken(to.token))
	if err != nil {
		return nil, &usageError{err}
	}
	return c, nil
}

// showProgress tells progress beside the answer, which alone is output.
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

func commandOf(args []string) (love.Command, error) {
	csc, index, err := sal.ParseName(args[0])
	if err != nil {
		return love.Command{}, err
	}
	params, err := paramsOf(args[2:])
	if err != nil {
		return love.Command{}, err
	}
	return love.Command{CSC: csc, SalIndex: index, Name: args[1], Params: params}, nil
}

// paramsOf makes a JSON object of FIELD=VALUE arguments.
func paramsOf(args []string) (json.RawMessage, error) {
	given := map[string]bool{}
	params := []byte{'{'}
	for _, arg := range args {
		field, value, ok := strings.Cut(arg, "=")
		switch {
		case !ok || field == "":
			return nil, fmt.Errorf("%q is no FIELD=VALUE", arg)
		case given[field]:
			return nil, fmt.Errorf("field %q is given twice", field)
		case len(given) > 0:
			params = append(params, ',')
		}
		given[field] = true
		params = append(love.AppendText(params, field), ':')
		if json.Valid([]byte(value)) {
			params = append(params, value...)
		} else {
			params = love.AppendText(params, value)
		}
	}
	return append(params, '}'), nil
}
