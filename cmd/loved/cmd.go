package main

import (
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
	cmd := &cobra.Command{
		Use:   "cmd CSC[:INDEX] COMMAND [FIELD=VALUE…]",
		Short: "Command a component and print its acknowledgement",
		Long: `Command a component through a manager and print its acknowledgement.
The exit status is 0 only if that is "Done". A VALUE is JSON if it can be read so, otherwise a text;
the prefix cmd_ of the COMMAND may be left out.`,
		Example: `  loved cmd ATDome moveAzimuth azimuth=90
  loved cmd MTHexapod:1 setCompensationMode enable=true`,
		Args: atLeast("CSC[:INDEX]", "COMMAND"),
		RunE: func(cmd *cobra.Command, args []string) error {
			command, err := commandOf(args)
			if err != nil {
				return &usageError{err}
			}
			return a.execute(cmd, to, command)
		},
	}
	to.register(cmd.Flags())
	return cmd
}

// execute has the manager issue the command.
func (a *app) execute(cmd *cobra.Command, flags clientFlags, command love.Command) error {
	to, err := a.access(cmd.Context(), flags)
	if err != nil {
		return err
	}
	if to.token == "" {
		return usagef("only a user may command: give --token or --user")
	}
	c, err := client.New(to.manager, client.WithToken(to.token))
	if err != nil {
		return &usageError{err}
	}
	reply, err := c.Command(cmd.Context(), command)
	if err != nil {
		return explain(err)
	}
	fmt.Fprintln(a.stdout, reply.Text)
	if !reply.OK() {
		return fmt.Errorf("%s of %s:%d is not done (HTTP %d)", command.Name, command.CSC, command.SalIndex, reply.Status)
	}
	return nil
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
