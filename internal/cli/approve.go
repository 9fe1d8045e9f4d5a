package cli

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/spf13/cobra"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/client"
)

func (a *app) approveCommand() *cobra.Command {
	var to clientFlags
	cmd := &cobra.Command{
		Use:   "approve ID",
		Short: "Approve a command that waits for a second person, and print its acknowledgement",
		Long: `Have a command executed that somebody else gave and that waits for a second person's approval.
Who may give that command may approve it, but not who gave it. Its answer is printed as "loved cmd"
does. "loved authority" shows what waits; "loved dismiss" drops it.`,
		Example: `  loved authority
  loved approve 18ea197c22c58a2b4f8e356e`,
		Args:              exactly("ID"),
		ValidArgsFunction: a.completeID(&to, waitingIDs),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, id := cmd.Context(), args[0]
			c, err := a.userClient(ctx, to)
			if err != nil {
				return err
			}
			ack, err := c.Approve(ctx, id)
			return a.printAck(ctx, ack, plain(err), "the command "+id)
		},
	}
	to.registerUser(cmd.Flags())
	return cmd
}

func (a *app) dismissCommand() *cobra.Command {
	var to clientFlags
	cmd := &cobra.Command{
		Use:   "dismiss ID",
		Short: "Drop a command that waits for a second person's approval",
		Long: `Drop a command that waits for a second person's approval: it is recorded as refused and never sent.
"loved authority" shows what waits.`,
		Example:           `  loved dismiss 18ea197c22c58a2b4f8e356e`,
		Args:              exactly("ID"),
		ValidArgsFunction: a.completeID(&to, waitingIDs),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.userClient(cmd.Context(), to)
			if err != nil {
				return err
			}
			if err := c.Dismiss(cmd.Context(), args[0]); err != nil {
				return explain(plain(err))
			}
			_, err = fmt.Fprintln(a.stdout, "Dismissed: the command was not sent.")
			return err
		},
	}
	to.registerUser(cmd.Flags())
	return cmd
}

// plain is an error about authority in the manager's words alone, where they
// say it all: there is no such thing, somebody else has it, it is the user's own.
func plain(err error) error {
	if answered, ok := errors.AsType[*client.HTTPError](err); ok {
		switch answered.Status {
		case http.StatusNotFound, http.StatusConflict, http.StatusForbidden:
			return errors.New(answered.Text)
		}
	}
	return err
}

// completeID completes the one argument of a command with some of the IDs that
// `loved authority` shows, each with what it stands for.
func (a *app) completeID(to *clientFlags, ids func(love.Authority) []string) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, noFiles
		}
		return a.completing(cmd, to, func(ctx context.Context, c *client.Client) ([]string, cobra.ShellCompDirective) {
			now, err := c.Authority(ctx)
			if err != nil {
				return nil, noFiles
			}
			return begunWith(begun, ids(now)), noFiles
		})
	}
}

func waitingIDs(now love.Authority) []string {
	var ids []string
	for _, w := range now.Waiting {
		ids = append(ids, cobra.CompletionWithDesc(w.ID, printable(spelled(w.Command.CSC, w.Command.SalIndex, w.Command.Name)+" of "+w.User)))
	}
	return ids
}

func heldIDs(now love.Authority) []string {
	var ids []string
	for _, h := range now.Holds {
		ids = append(ids, cobra.CompletionWithDesc(h.ID, printable(string(h.Pattern)+" of "+h.User)))
	}
	return ids
}
