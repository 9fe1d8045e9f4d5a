package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rubin-love/love-go/love"
)

func (a *app) authorityCommand() *cobra.Command {
	var conn clientFlags
	cmd := &cobra.Command{
		Use:   "authority",
		Short: "Show, take and release authority over commands",
		Long: `Show who has authority over commands, and which commands wait for a second person's approval.
A user who takes authority over a pattern of commands excludes all others from them for some time. The
manager must be started with --authority or --approval; "loved demo" has authority. Times are in UTC.`,
		Example: `  loved authority
  loved authority take 'ATDome:*:move*' --for 1h
  loved authority release 18ea197c2d6f738c0e55dee6`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usagef("%q is not one of take, release", args[0])
			}
			return a.showAuthority(cmd.Context(), conn)
		},
	}
	conn.registerUser(cmd.Flags())
	cmd.AddCommand(a.authorityTake(), a.authorityRelease())
	return cmd
}

func (a *app) showAuthority(ctx context.Context, conn clientFlags) error {
	c, err := a.userClient(ctx, conn)
	if err != nil {
		return err
	}
	now, err := c.Authority(ctx)
	if err != nil {
		return withHint(authorityError(err))
	}
	return a.printAuthority(now, time.Now())
}

func (a *app) printAuthority(now love.Authority, at time.Time) error {
	if len(now.Holds)+len(now.Waiting) == 0 {
		_, err := fmt.Fprintln(a.stdout, "Nobody has taken authority, and no command waits for approval.")
		return err
	}
	if len(now.Holds) > 0 {
		rows := [][]string{{"UNTIL", "USER", "ID", "HAS AUTHORITY OVER"}}
		for _, h := range now.Holds {
			rows = append(rows, []string{timeText(h.Until, at), printable(h.User), printable(h.ID), printable(string(h.Pattern))})
		}
		if err := printTable(a.stdout, rows, a.width()); err != nil {
			return err
		}
	}
	if len(now.Holds) > 0 && len(now.Waiting) > 0 {
		fmt.Fprintln(a.stdout)
	}
	if len(now.Waiting) == 0 {
		return nil
	}
	rows := [][]string{{"UNTIL", "USER", "ID", "WAITS FOR APPROVAL"}}
	for _, w := range now.Waiting {
		command := printable(commandLine(w.Command.CSC, w.Command.SalIndex, w.Command.Name))
		text := strings.TrimRight(command+" "+paramsText(w.Command.Params), " ")
		rows = append(rows, []string{timeText(w.Until, at), printable(w.User), printable(w.ID), text})
	}
	return printTable(a.stdout, rows, a.width())
}

func (a *app) authorityTake() *cobra.Command {
	var conn clientFlags
	long := secondsFlag(time.Hour)
	cmd := &cobra.Command{
		Use:   "take PATTERN",
		Short: "Exclude others from the commands that a pattern selects",
		Long: `Exclude others from the commands that a pattern selects, for some time, or prolong an authority of yours.
A PATTERN is CSC, CSC:INDEX or CSC:INDEX:COMMAND, with * and ?: quote it for the shell.`,
		Example: `  loved authority take ATDome
  loved authority take 'ATDome:*:move*' --for 30m`,
		Args: exactArgs("PATTERN"),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.userClient(cmd.Context(), conn)
			if err != nil {
				return err
			}
			hold, err := c.TakeAuthority(cmd.Context(), love.CommandPattern(args[0]), time.Duration(long))
			if err != nil {
				return withHint(authorityError(err))
			}
			return a.printAuthority(love.Authority{Holds: []love.Hold{hold}}, time.Now())
		},
	}
	conn.registerUser(cmd.Flags())
	cmd.Flags().Var(&long, "for", "how long, in `SECONDS` or as 1h30m; at most 12h")
	return cmd
}

func (a *app) authorityRelease() *cobra.Command {
	var conn clientFlags
	cmd := &cobra.Command{
		Use:   "release ID",
		Short: "Release an authority before it ends",
		Long: `Release an authority before it ends: your own or, as an administrator, anybody's.
"loved authority" shows the IDs.`,
		Example:           `  loved authority release 18ea197c2d6f738c0e55dee6`,
		Args:              exactArgs("ID"),
		ValidArgsFunction: a.completeID(&conn, heldIDs),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.userClient(cmd.Context(), conn)
			if err != nil {
				return err
			}
			if err := c.ReleaseAuthority(cmd.Context(), args[0]); err != nil {
				return withHint(authorityError(err))
			}
			_, err = fmt.Fprintln(a.stdout, "Released.")
			return err
		},
	}
	conn.registerUser(cmd.Flags())
	return cmd
}
