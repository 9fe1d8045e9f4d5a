package cli

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"github.com/rubin-love/love-go/internal/wire"
	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/client"
)

// subscribing is the flags and arguments of `loved sub`.
type subscribing struct {
	to             clientFlags
	log            logFlags
	pretty, strict bool
	groups         []love.Group
}

func (a *app) subCommand() *cobra.Command {
	var s subscribing
	cmd := &cobra.Command{
		Use:   "sub GROUP…",
		Short: "Print what groups receive, one JSON line per message",
		Long: `Print what groups receive, one JSON line per message, until interrupted.
A GROUP is CATEGORY-CSC-SALINDEX-STREAM; when the connection is lost it is made again.
The lines can be played back with loved replay.`,
		Example: `  loved sub telemetry-ATDome-0-position
  loved sub --pretty event-ATDome-0-all
  loved sub event-all-all-all telemetry-all-all-all > night.jsonl`,
		Args: atLeast("GROUP"),
		RunE: func(cmd *cobra.Command, args []string) error {
			for _, arg := range args {
				group, err := love.ParseGroup(arg)
				if err != nil {
					return &usageError{err}
				}
				s.groups = append(s.groups, group)
			}
			return a.subscribe(cmd.Context(), &s)
		},
	}
	s.to.register(cmd.Flags())
	s.log.register(cmd.Flags(), slog.LevelWarn)
	cmd.Flags().BoolVar(&s.pretty, "pretty", false, "print for people instead")
	cmd.Flags().BoolVar(&s.strict, "strict", false, "ask the manager for strict JSON: null for NaN and the infinities")
	return cmd
}

func (a *app) subscribe(ctx context.Context, s *subscribing) error {
	to, err := a.access(ctx, s.to)
	if err != nil {
		return err
	}
	if err := tryAccess(ctx, to); err != nil {
		return err
	}
	log := s.log.logger(a.stderr)
	options := []client.Option{to.asUser(), client.WithLogger(log)}
	if s.strict {
		options = append(options, client.WithStrictJSON())
	}
	c, err := client.New(to.manager, options...)
	if err != nil {
		return &usageError{err}
	}
	c.OnSubscribed(func(group string) { log.Info("subscribed", "group", group) })
	c.OnMessage(func(_ context.Context, raw []byte) { tellRefusal(log, raw) })

	ctx, stop := context.WithCancel(ctx)
	var running sync.WaitGroup
	defer running.Wait()
	defer stop()
	running.Go(func() { _ = c.Run(ctx) }) // Subscribe gives the error
	print := printLine
	if s.pretty {
		print = printPretty
	}
	for d, err := range c.Subscribe(ctx, s.groups...) {
		if err != nil {
			return explain(err)
		}
		if err := print(a.stdout, d.Raw); err != nil {
			return fmt.Errorf("printing: %w", err)
		}
	}
	return nil
}

// tryAccess connects once, so that a wrong address or password is an error at the
// start instead of a wait without end.
func tryAccess(ctx context.Context, to access) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	c, err := client.New(to.manager, to.asUser(), client.WithoutRetry())
	if err != nil {
		return &usageError{err}
	}
	c.OnConnect(func(context.Context) error {
		stop()
		return nil
	})
	return explain(c.Run(ctx))
}

// tellRefusal logs an answer of the manager to one of our requests, unless it says
// that the request was successful.
func tellRefusal(log *slog.Logger, raw []byte) {
	var f wire.Message
	if f.Parse(raw) != nil || f.Category != nil || !wire.IsText(f.Data) {
		return
	}
	if text := string(wire.Text(f.Data)); !strings.HasPrefix(text, "Successfully ") {
		log.Warn("the manager says", "text", text)
	}
}

// printLine prints a message on one line; JSON has line ends between its
// tokens only.
func printLine(w io.Writer, raw []byte) error {
	line := append(bytes.Clone(raw), '\n')
	for i, c := range line[:len(raw)] {
		if c == '\n' || c == '\r' {
			line[i] = ' '
		}
	}
	_, err := w.Write(line)
	return err
}
