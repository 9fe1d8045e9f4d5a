package cli

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/client"
)

// completionTime is how long a person at a shell waits for a completion.
const completionTime = 2 * time.Second

const noFiles = cobra.ShellCompDirectiveNoFileComp

// completing asks the manager for what the shell offers. It needs a token, a
// user whose password is LOVED_PASSWORD, or a running demo; it never asks for a
// password. Whatever goes wrong, there is nothing to offer.
func (a *app) completing(cmd *cobra.Command, to *clientFlags, offer func(context.Context, *client.Client) ([]string, cobra.ShellCompDirective)) ([]string, cobra.ShellCompDirective) {
	if applyEnv(cmd.Flags(), a.env) != nil {
		return nil, noFiles
	}
	if password, _ := a.env("LOVED_PASSWORD"); to.token == "" && to.user != "" && password == "" {
		return nil, noFiles
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), completionTime)
	defer cancel()
	c, err := a.userClient(ctx, *to)
	if err != nil {
		return nil, noFiles
	}
	return offer(ctx, c)
}

// completeCommand completes the arguments of `loved cmd` with what the
// observatory's components have: CSC, COMMAND, then FIELD=.
func (a *app) completeCommand(cmd *cobra.Command, to *clientFlags, args []string, begun string) ([]string, cobra.ShellCompDirective) {
	return a.completing(cmd, to, func(ctx context.Context, c *client.Client) ([]string, cobra.ShellCompDirective) {
		components, err := c.Components(ctx)
		if err != nil {
			return nil, noFiles
		}
		switch len(args) {
		case 0:
			return completeComponent(ctx, c, components, begun)
		case 1:
			return completeName(components[componentOf(args[0])], begun), noFiles
		}
		return completeField(components[componentOf(args[0])], args, begun), noFiles | cobra.ShellCompDirectiveNoSpace
	})
}

func componentOf(arg string) string {
	csc, _, _ := strings.Cut(arg, ":")
	return csc
}

// completeComponent offers the components. Nobody can tell which indices one
// has: offered are those that the record has seen, and a colon to go on from.
func completeComponent(ctx context.Context, c *client.Client, components map[string]client.Component, begun string) ([]string, cobra.ShellCompDirective) {
	var names, indexed []string
	for _, name := range slices.Sorted(maps.Keys(components)) {
		switch {
		case !components[name].Indexed:
			names = append(names, name)
		case strings.HasPrefix(name, begun) || name == componentOf(begun):
			indexed = append(indexed, name)
			names = append(names, name+":")
		}
	}
	directive := noFiles
	if len(indexed) > 0 {
		directive |= cobra.ShellCompDirectiveNoSpace
	}
	if len(indexed) == 1 {
		if seen := commandedBefore(ctx, c, indexed[0]); len(seen) > 0 {
			names = slices.DeleteFunc(names, func(name string) bool { return name == indexed[0]+":" })
			names = append(names, seen...)
		}
	}
	return begunWith(begun, names), directive
}

// commandedBefore are the instances of a component that were lately commanded.
func commandedBefore(ctx context.Context, c *client.Client, csc string) []string {
	seen := map[string]bool{}
	for e, err := range c.Commands(ctx, love.CommandFilter{CSC: csc, Limit: 100}) {
		if err != nil {
			return nil
		}
		if e.SalIndex != 0 {
			seen[fmt.Sprintf("%s:%d", csc, e.SalIndex)] = true
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

func completeName(component client.Component, begun string) []string {
	names := slices.Sorted(maps.Keys(component.Commands))
	if strings.HasPrefix(begun, "cmd_") {
		for i, name := range names {
			names[i] = "cmd_" + name
		}
	}
	return begunWith(begun, names)
}

// completeField offers the fields that are not given yet.
func completeField(component client.Component, args []string, begun string) []string {
	var fields []string
	for _, field := range component.Commands[strings.TrimPrefix(args[1], "cmd_")] {
		given := slices.ContainsFunc(args[2:], func(arg string) bool { return strings.HasPrefix(arg, field+"=") })
		if !given {
			fields = append(fields, field+"=")
		}
	}
	slices.Sort(fields)
	return begunWith(begun, fields)
}

func begunWith(begun string, names []string) []string {
	return slices.DeleteFunc(names, func(name string) bool { return !strings.HasPrefix(name, begun) })
}
