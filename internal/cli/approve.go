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
	var conn clientFlags
	cmd := &cobra.Command{
		Use:   "approve ID",
		Short: "Approve a command that waits for a second person, and print its acknowledgement",
		Long: `Approve a command that another user gave and that waits for a second person, and have it executed.
Whoever may give the command may approve it, except the user who gave it. Its answer is printed as "loved cmd"
does. "loved authority" lists the waiting commands; "loved dismiss" drops one.`,
		Example: `  loved authority
  loved approve 18ea197c22c58a2b4f8e356e`,
		Args:              exactArgs("ID"),
		ValidArgsFunction: a.completeID(&conn, waitingIDs),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, id := cmd.Context(), args[0]
			c, err := a.userClient(ctx, conn)
			if err != nil {
				return err
			}
			ack, err := c.Approve(ctx, id)
			return a.printAck(ctx, ack, authorityError(err), "the command "+id)
		},
	}
	conn.registerUser(cmd.Flags())
	return cmd
}

func (a *app) dismissCommand() *cobra.Command {
	var conn clientFlags
	cmd := &cobra.Command{
		Use:   "dismiss ID",
		Short: "Drop a command that waits for a second person's approval",
		Long: `Drop a command that waits for a second person's approval: it is recorded as refused and never sent.
"loved authority" lists the waiting commands.`,
		Example:           `  loved dismiss 18ea197c22c58a2b4f8e356e`,
		Args:              exactArgs("ID"),
		ValidArgsFunction: a.completeID(&conn, waitingIDs),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.userClient(cmd.Context(), conn)
			if err != nil {
				return err
			}
			if err := c.Dismiss(cmd.Context(), args[0]); err != nil {
				return withHint(authorityError(err))
			}
			_, err = fmt.Fprintln(a.stdout, "Dismissed: the command was not sent.")
			return err
		},
	}
	conn.registerUser(cmd.Flags())
	return cmd
}

// authorityError returns the manager's text alone where that says everything:
// the ID is unknown, somebody else has the authority, or the command is the
// user's own.
func authorityError(err error) error {
	if answered, ok := errors.AsType[*client.HTTPError](err); ok {
		switch answered.Status {
		case http.StatusNotFound, http.StatusConflict, http.StatusForbidden:
			return errors.New(answered.Text)
		}
	}
	return err
}

// completeID completes the only argument of a command with some of the IDs that
// `loved authority` shows, each with a description.
func (a *app) completeID(conn *clientFlags, ids func(love.Authority) []string) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, noFiles
		}
		return a.completeWith(cmd, conn, func(ctx context.Context, c *client.Client) ([]string, cobra.ShellCompDirective) {
			now, err := c.Authority(ctx)
			if err != nil {
				return nil, noFiles
			}
			return withPrefix(prefix, ids(now)), noFiles
		})
	}
}

func waitingIDs(now love.Authority) []string {
	var ids []string
	for _, w := range now.Waiting {
		ids = append(ids, cobra.CompletionWithDesc(w.ID, printable(commandLine(w.Command.CSC, w.Command.SalIndex, w.Command.Name)+" of "+w.User)))
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
