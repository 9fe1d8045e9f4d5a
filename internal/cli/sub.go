package cli

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"time"

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
	snapshot       bool
	count          int     // of messages; 0 for no end
	maxRate        float64 // 0 for no limit
	history        time.Duration
	groups         []love.Group
}

func (a *app) subCommand() *cobra.Command {
	var s subFlags
	cmd := &cobra.Command{
		Use:   "sub GROUP…",
		Short: "Print what groups receive, one JSON line per message",
		Long: `Print what groups receive, one JSON line per message, until interrupted.
A GROUP is CATEGORY-CSC-SALINDEX-STREAM. A '*' in place of CSC, SALINDEX or STREAM stands for any; quote
it for the shell. With all as the STREAM a group receives all streams of one instance, and
CATEGORY-all-all-all receives everything of a category; '*' gives the same streams one by one.
loved topics shows what there is, and the shell completes it (loved completion --help). A group of
something that this manager neither knows nor has seen is a warning.

With --pretty times are UTC, and the names of numbers are printed in their place where the manager
knows them. A lost connection is made again. The lines can be played back with loved replay.`,
		Example: `  loved sub telemetry-ATDome-0-position
  loved sub --pretty event-ATDome-0-all
  loved sub --pretty --count 1 event-ATDome-0-summaryState
  loved sub --pretty --history 10m event-ATDome-0-logMessage
  loved sub --max-rate 1 'telemetry-MTMount-*-*'
  loved sub event-all-all-all telemetry-all-all-all > night.jsonl`,
		Args: minArgs("GROUP"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !cmd.Flags().Changed("snapshot") {
				s.snapshot = s.pretty
			}
			if err := s.parse(args); err != nil {
				return &usageError{err}
			}
			return a.subscribe(cmd.Context(), &s)
		},
		ValidArgsFunction: func(cmd *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
			return a.completeGroup(cmd, &s.conn, args, prefix)
		},
	}
	s.conn.register(cmd.Flags())
	s.log.register(cmd.Flags(), slog.LevelWarn)
	cmd.Flags().BoolVar(&s.pretty, "pretty", false, "print for people instead")
	cmd.Flags().BoolVar(&s.strict, "strict", false, "ask the manager for strict JSON: null for NaN and the infinities")
	cmd.Flags().BoolVar(&s.snapshot, "snapshot", false, "begin with the last value of each stream (default with --pretty)")
	durationVar(cmd.Flags(), &s.history, "history", 0, "begin with what the manager's archive has of the last `TIME`, such as 10m; of single streams only")
	cmd.Flags().IntVar(&s.count, "count", 0, "end after `N` messages (default: when interrupted)")
	cmd.Flags().Float64Var(&s.maxRate, "max-rate", 0, "at most `HERTZ` messages per second of each stream, the newest (default all)")
	return cmd
}

// parse reads the groups and checks the flags.
func (s *subFlags) parse(args []string) error {
	for _, arg := range args {
		group, err := parseGroup(arg)
		if err != nil {
			return err
		}
		s.groups = append(s.groups, group)
	}
	if s.count < 0 {
		return fmt.Errorf("--count is %d: give a number above 0, or leave it out", s.count)
	}
	if (love.SubscribeOptions{History: s.history}).Check() != nil {
		return fmt.Errorf("--history is %v: give a time up to %s, such as 10m, or leave it out", s.history, formatDuration(love.MaxHistory))
	}
	for _, g := range s.groups {
		if s.history > 0 && (g.SalIndex == love.All || g.Stream == love.All || strings.Contains(g.String(), "*")) {
			return fmt.Errorf("--history is for single streams, and %s has several: name the csc, the salindex and the stream, or leave it out", g)
		}
	}
	if (love.SubscribeOptions{MaxRate: s.maxRate}).Check() != nil {
		return fmt.Errorf("--max-rate is %v: give %v to %.0f messages per second, or leave it out", s.maxRate, love.MinMaxRate, love.MaxMaxRate)
	}
	return nil
}

// options are those of the client.
func (s *subFlags) options(to target, log *slog.Logger) []client.Option {
	options := []client.Option{to.asUser(), client.WithLogger(log)}
	if s.strict {
		options = append(options, client.WithStrictJSON())
	}
	return options
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
	c, err := client.New(to.manager, s.options(to, log)...)
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
	topics := make(chan knownTopics, 1)
	running.Go(func() { topics <- a.checkGroups(ctx, c, to, "sub", s.groups, log) })
	print := printLine
	if s.pretty {
		print = prettyPrinter{<-topics, a.width(), time.Now}.print // it needs the names of numbers
	}
	printed := 0
	wanted := love.SubscribeOptions{Snapshot: s.snapshot, History: s.history, MaxRate: s.maxRate}
	for d, err := range c.SubscribeWith(ctx, wanted, s.groups...) {
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			return withHint(err)
		}
		if err := print(a.stdout, d.Raw); err != nil {
			return fmt.Errorf("printing: %w", err)
		}
		if printed++; printed == s.count {
			return nil
		}
	}
	return nil
}

// topicsTimeout bounds how long a subscription waits for what the manager knows, which
// it can do without.
const topicsTimeout = 3 * time.Second

// checkGroups asks the manager for its topics, and warns of groups that have none. A
// process may not ask: only users may use the HTTP API.
func (a *app) checkGroups(ctx context.Context, c *client.Client, to target, command string, groups []love.Group, log *slog.Logger) knownTopics {
	if to.token == "" {
		log.Info("a process cannot ask whether the manager knows the groups: connect as a user for that")
		return knownTopics{}
	}
	ctx, stop := context.WithTimeout(ctx, topicsTimeout)
	defer stop()
	k, err := askTopics(ctx, c, "")
	if err != nil {
		log.Info("whether the manager knows the groups could not be checked", "error", err)
		return k
	}
	for _, g := range groups {
		if warning := k.groupWarning(g); warning != "" {
			fmt.Fprintf(a.stderr, "loved %s: %s: %s (loved topics shows what there is)\n", command, g, warning)
		}
	}
	return k
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
