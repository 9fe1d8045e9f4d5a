package cli

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/client"
)

// completionTimeout bounds how long a shell waits for a completion.
const completionTimeout = 2 * time.Second

const noFiles = cobra.ShellCompDirectiveNoFileComp

// completeWith gets completions from the manager. It needs a token, a user whose
// password is LOVED_PASSWORD, or a running demo; it never prompts for a
// password. After any error there are no completions.
func (a *app) completeWith(cmd *cobra.Command, conn *clientFlags, offer func(context.Context, *client.Client) ([]string, cobra.ShellCompDirective)) ([]string, cobra.ShellCompDirective) {
	if a.applySettings(cmd) != nil {
		return nil, noFiles
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), completionTimeout)
	defer cancel()
	silent := *a
	silent.stdin, silent.stderr = strings.NewReader(""), io.Discard
	c, err := silent.userClient(ctx, *conn)
	if err != nil {
		return nil, noFiles
	}
	return offer(ctx, c)
}

// completeCommand completes the arguments of `loved cmd` with what the
// observatory's components have: CSC, COMMAND, then FIELD=.
func (a *app) completeCommand(cmd *cobra.Command, conn *clientFlags, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
	return a.completeWith(cmd, conn, func(ctx context.Context, c *client.Client) ([]string, cobra.ShellCompDirective) {
		components, err := c.Components(ctx, client.CommandTopics)
		if err != nil {
			return nil, noFiles
		}
		switch len(args) {
		case 0:
			return completeComponent(ctx, c, components, prefix)
		case 1:
			return completeName(components[componentOf(args[0])], prefix), noFiles
		}
		return completeField(components[componentOf(args[0])], args, prefix), noFiles | cobra.ShellCompDirectiveNoSpace
	})
}

func componentOf(arg string) string {
	csc, _, _ := strings.Cut(arg, ":")
	return csc
}

// completeTopic completes the arguments of `loved topics`: CSC, then TOPIC.
func (a *app) completeTopic(cmd *cobra.Command, conn *clientFlags, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
	return a.completeWith(cmd, conn, func(ctx context.Context, c *client.Client) ([]string, cobra.ShellCompDirective) {
		k, err := askTopics(ctx, c, "")
		if err != nil || len(args) > 1 {
			return nil, noFiles
		}
		if len(args) == 0 {
			return withPrefix(prefix, k.names()), noFiles
		}
		var names []string
		for _, kind := range topicKinds {
			names = slices.AppendSeq(names, maps.Keys(kind.topics(k.components[componentOf(args[0])])))
		}
		slices.Sort(names)
		return withPrefix(prefix, slices.Compact(names)), noFiles
	})
}

// completeComponent offers the components. The indices that exist are not known:
// offered are those in the record of commands, or else a colon.
func completeComponent(ctx context.Context, c *client.Client, components map[string]client.Component, prefix string) ([]string, cobra.ShellCompDirective) {
	var names, indexed []string
	for _, name := range slices.Sorted(maps.Keys(components)) {
		switch {
		case !components[name].Indexed:
			names = append(names, name)
		case strings.HasPrefix(name, prefix) || name == componentOf(prefix):
			indexed = append(indexed, name)
			names = append(names, name+":")
		}
	}
	directive := noFiles
	if len(indexed) > 0 {
		directive |= cobra.ShellCompDirectiveNoSpace
	}
	if len(indexed) == 1 {
		if seen := recentInstances(ctx, c, indexed[0]); len(seen) > 0 {
			names = slices.DeleteFunc(names, func(name string) bool { return name == indexed[0]+":" })
			names = append(names, seen...)
		}
	}
	return withPrefix(prefix, names), directive
}

// recentInstances returns the instances of a component that were commanded recently.
func recentInstances(ctx context.Context, c *client.Client, csc string) []string {
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

func completeName(component client.Component, prefix string) []string {
	names := slices.Sorted(maps.Keys(component.Commands))
	if strings.HasPrefix(prefix, "cmd_") {
		for i, name := range names {
			names[i] = "cmd_" + name
		}
	}
	return withPrefix(prefix, names)
}

// completeField offers the fields that are not given yet.
func completeField(component client.Component, args []string, prefix string) []string {
	var fields []string
	for _, field := range component.Commands[strings.TrimPrefix(args[1], "cmd_")].Fields {
		given := slices.ContainsFunc(args[2:], func(arg string) bool { return strings.HasPrefix(arg, field.Name+"=") })
		if !given {
			fields = append(fields, field.Name+"=")
		}
	}
	return withPrefix(prefix, fields)
}

func withPrefix(prefix string, names []string) []string {
	return slices.DeleteFunc(names, func(name string) bool { return !strings.HasPrefix(name, prefix) })
}
