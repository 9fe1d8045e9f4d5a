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

// subFlags are the flags and arguments of `loved sub`.
type subFlags struct {
	conn           clientFlags
	log            logFlags
	pretty, strict bool
	groups         []love.Group
}

func (a *app) subCommand() *cobra.Command {
	var s subFlags
	cmd := &cobra.Command{
		Use:   "sub GROUP…",
		Short: "Print what groups receive, one JSON line per message",
		Long: `Print what groups receive, one JSON line per message, until interrupted.
A GROUP is CATEGORY-CSC-SALINDEX-STREAM. A lost connection is made again.
The lines can be played back with loved replay.`,
		Example: `  loved sub telemetry-ATDome-0-position
  loved sub --pretty event-ATDome-0-all
  loved sub event-all-all-all telemetry-all-all-all > night.jsonl`,
		Args: minArgs("GROUP"),
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
	s.conn.register(cmd.Flags())
	s.log.register(cmd.Flags(), slog.LevelWarn)
	cmd.Flags().BoolVar(&s.pretty, "pretty", false, "print for people instead")
	cmd.Flags().BoolVar(&s.strict, "strict", false, "ask the manager for strict JSON: null for NaN and the infinities")
	return cmd
}

func (a *app) subscribe(ctx context.Context, s *subFlags) error {
	to, err := a.target(ctx, s.conn)
	if err != nil {
		return err
	}
	if err := tryConnecting(ctx, to); err != nil {
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
	c.OnMessage(func(_ context.Context, raw []byte) { logRefusal(log, raw) })

	ctx, stop := context.WithCancel(ctx)
	var running sync.WaitGroup
	defer running.Wait()
	defer stop()
	running.Go(func() { _ = c.Run(ctx) }) // Subscribe returns the error
	print := printLine
	if s.pretty {
		print = printPretty
	}
	for d, err := range c.Subscribe(ctx, s.groups...) {
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			return withHint(err)
		}
		if err := print(a.stdout, d.Raw); err != nil {
			return fmt.Errorf("printing: %w", err)
		}
	}
	return nil
}

// tryConnecting connects once, so that a wrong address or password is an error
// at the start instead of endless retries.
func tryConnecting(ctx context.Context, to target) error {
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
	return withHint(c.Run(ctx))
}

// logRefusal logs the manager's answer to a request, unless the request was
// successful.
func logRefusal(log *slog.Logger, raw []byte) {
	var f wire.Message
	if f.Parse(raw) != nil || f.Category != nil || !wire.IsText(f.Data) {
		return
	}
	if text := string(wire.Text(f.Data)); !strings.HasPrefix(text, "Successfully ") {
		log.Warn("the manager refused a request", "text", text)
	}
}

// printLine prints a message on one line; JSON has line breaks between its
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
