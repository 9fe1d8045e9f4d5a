package main

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// completionTime is how long a person at a shell waits for a completion.
const completionTime = 2 * time.Second

// completeCommand completes the arguments of `loved cmd` with what the
// observatory's components have: CSC, COMMAND, then FIELD=. It needs a token,
// or a running demo; it never asks for a password.
func (a *app) completeCommand(cmd *cobra.Command, to clientFlags, args []string, begun string) ([]string, cobra.ShellCompDirective) {
	const nothing = cobra.ShellCompDirectiveNoFileComp
	if applyEnv(cmd.Flags(), a.env) != nil || to.token == "" && to.user != "" {
		return nil, nothing
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), completionTime)
	defer cancel()
	c, err := a.userClient(ctx, to)
	if err != nil {
		return nil, nothing
	}
	components, err := c.CommandFields(ctx)
	if err != nil {
		return nil, nothing
	}
	if len(args) == 0 {
		return begunWith(begun, slices.Sorted(maps.Keys(components))), nothing
	}
	csc, _, _ := strings.Cut(args[0], ":")
	commands := components[csc]
	if len(args) == 1 {
		names := slices.Sorted(maps.Keys(commands))
		if strings.HasPrefix(begun, "cmd_") {
			for i, name := range names {
				names[i] = "cmd_" + name
			}
		}
		return begunWith(begun, names), nothing
	}
	var fields []string
	for _, field := range commands[strings.TrimPrefix(args[1], "cmd_")] {
		given := slices.ContainsFunc(args[2:], func(arg string) bool { return strings.HasPrefix(arg, field+"=") })
		if !given {
			fields = append(fields, field+"=")
		}
	}
	slices.Sort(fields)
	return begunWith(begun, fields), nothing | cobra.ShellCompDirectiveNoSpace
}

func begunWith(begun string, names []string) []string {
	return slices.DeleteFunc(names, func(name string) bool { return !strings.HasPrefix(name, begun) })
}
