package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/rubin-love/love-go/love"
)

func (a *app) historyStreams() *cobra.Command {
	var f pastFlags
	cmd := &cobra.Command{
		Use:   "streams [CSC]",
		Short: "Show what streams there were",
		Long: `Show what streams the archive of a manager, or an EFD, has: how many messages of each, and about when
the first and the last of them came. An EFD counts nothing and lists no instances.`,
		Example: `  loved history streams ATDome`,
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.userClient(cmd.Context(), f.conn)
			if err != nil {
				return err
			}
			csc := ""
			if len(args) > 0 {
				csc = args[0]
			}
			past, err := c.Past(cmd.Context(), f.source, csc)
			if err != nil {
				return pastError(err)
			}
			if len(past.Streams) == 0 {
				fmt.Fprintf(a.stderr, "The source %q has no streams.\n", past.Source)
				return nil
			}
			now := time.Now()
			rows := [][]string{{"STREAM", "MESSAGES", "FIRST", "LAST"}}
			for _, s := range past.Streams {
				row := []string{printable(s.Group.String()), "", "", ""}
				if s.Messages > 0 {
					row[1] = strconv.FormatUint(s.Messages, 10)
				}
				if !s.First.IsZero() {
					row[2], row[3] = timeText(s.First, now), timeText(s.Last, now)
				}
				rows = append(rows, row)
			}
			return printTable(a.stdout, rows, a.width(), 1)
		},
		ValidArgsFunction: func(cmd *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, noFiles
			}
			return a.completeTopic(cmd, &f.conn, args, prefix)
		},
	}
	f.register(cmd.Flags())
	return cmd
}

func (a *app) historyDownload() *cobra.Command {
	var f pastFlags
	var out string
	cmd := &cobra.Command{
		Use:   "download [GROUP…] --out FILE.mcap",
		Short: "Download messages from a manager's archive",
		Long: `Download messages from the archive of a manager into an MCAP file, as they were published. A GROUP
is that of one stream, or a pattern with '*'; without any, all events and telemetry are downloaded.
loved replay publishes the file again.`,
		Example: `  loved history download 'telemetry-ATDome-*-*' --last 10m --out dome.mcap`,
		RunE: func(cmd *cobra.Command, args []string) error {
			var groups []love.Group
			for _, arg := range args {
				g, err := love.ParseGroup(arg)
				if err != nil {
					return &usageError{err}
				}
				groups = append(groups, g)
			}
			span, err := f.span(cmd.Flags(), time.Now())
			if err != nil {
				return err
			}
			if out == "" {
				return usagef("--out is missing: name the file to download into, such as night.mcap")
			}
			c, err := a.userClient(cmd.Context(), f.conn)
			if err != nil {
				return err
			}
			file, err := os.OpenFile(out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o640)
			if errors.Is(err, fs.ErrExist) {
				return fmt.Errorf("%s exists: give another name, or remove it", out)
			}
			if err != nil {
				return err
			}
			err = errors.Join(c.Download(cmd.Context(), f.source, file, span, groups...), file.Close())
			if err != nil {
				return errors.Join(pastError(err), os.Remove(out))
			}
			return a.verifyFiles(cmd.Context(), []string{out}, false)
		},
	}
	f.register(cmd.Flags())
	f.registerSpan(cmd.Flags())
	cmd.Flags().StringVar(&out, "out", "", "`FILE` to download into; it must not exist")
	return cmd
}
