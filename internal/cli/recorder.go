package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/client"
	"github.com/rubin-love/love-go/love/history/archive"
)

// recorderFlags are the flags and arguments of `loved record`.
type recorderFlags struct {
	conn     clientFlags
	log      logFlags
	out      string
	duration time.Duration // 0 for no end
	count    int           // of messages; 0 for no end
	snapshot bool
	groups   []love.Group
}

func (a *app) recordCommand() *cobra.Command {
	var f recorderFlags
	cmd := &cobra.Command{
		Use:   "record GROUP… --out FILE.mcap",
		Short: "Record what groups receive into a file",
		Long: `Record what groups receive into an MCAP file (mcap.dev), until interrupted. Any manager can be
recorded, the Python one too; '*' in a GROUP is for this one alone (see loved sub --help).
A lost connection is made again. A chunk is written each second: after a kill or a failure of the
power the file has everything up to the last one that reached the disk, and can be read as it is.
At the end the numbers of messages and streams are printed.

loved replay publishes a recording again, loved history verify checks it, and other programs, such
as Foxglove and Python's package mcap, read it.`,
		Example: `  loved record 'event-*-*-*' 'telemetry-*-*-*' --out night.mcap
  loved record telemetry-ATDome-0-position --for 10m --out dome.mcap
  loved record event-all-all-all telemetry-all-all-all --out night.mcap   # from a Python manager`,
		Args: minArgs("GROUP"),
		RunE: func(cmd *cobra.Command, args []string) error {
			for _, arg := range args {
				group, err := parseGroup(arg)
				if err != nil {
					return &usageError{err}
				}
				f.groups = append(f.groups, group)
			}
			switch {
			case f.out == "":
				return usagef("--out is missing: name the file to record into, such as night.mcap")
			case f.duration < 0:
				return usagef("--for is %v: give a time above 0, or leave it out", f.duration)
			case f.count < 0:
				return usagef("--count is %d: give a number above 0, or leave it out", f.count)
			}
			return a.record(cmd.Context(), &f)
		},
		ValidArgsFunction: func(cmd *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
			return a.completeGroup(cmd, &f.conn, args, prefix)
		},
	}
	f.conn.register(cmd.Flags())
	f.log.register(cmd.Flags(), slog.LevelWarn)
	cmd.Flags().StringVar(&f.out, "out", "", "`FILE` to record into; it must not exist")
	durationVar(cmd.Flags(), &f.duration, "for", 0, "end after this `TIME` (default: when interrupted)")
	cmd.Flags().IntVar(&f.count, "count", 0, "end after `N` messages, each of one stream (default: when interrupted)")
	cmd.Flags().BoolVar(&f.snapshot, "snapshot", false, "begin with the last value of each stream")
	return cmd
}

func (a *app) record(ctx context.Context, f *recorderFlags) error {
	to, err := a.target(ctx, f.conn)
	if err != nil {
		return err
	}
	if err := tryConnecting(ctx, to); err != nil {
		return err
	}
	log := f.log.logger(a.stderr)
	c, err := client.New(to.manager, to.asUser(), client.WithLogger(log))
	if err != nil {
		return &usageError{err}
	}
	c.OnSubscribed(func(group string) { log.Info("subscribed", "group", group) })
	c.OnMessage(func(_ context.Context, raw []byte) { logRefusal(log, raw) })
	file, err := os.OpenFile(f.out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o640)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s exists: give another name, or remove it", f.out)
	}
	if err != nil {
		return err
	}
	r := &recorder{file: file, log: log, writer: archive.NewWriter(file, f.groups...), start: time.Now(), count: uint64(f.count), progress: a.progress()}

	ctx, stop := context.WithCancel(ctx)
	defer stop()
	if f.duration > 0 {
		defer time.AfterFunc(f.duration, stop).Stop()
	}
	var running sync.WaitGroup
	running.Go(func() { _ = c.Run(ctx) }) // the subscription returns its error
	running.Go(func() { a.checkGroups(ctx, c, to, "record", f.groups, log) })
	running.Go(func() { r.flush(ctx) })
	err = r.run(ctx, c, love.SubscribeOptions{Seq: true, Snapshot: f.snapshot}, f.groups)
	stop()
	running.Wait()
	if closing := r.close(); err == nil {
		err = closing // otherwise it is the same again
	}
	fmt.Fprint(a.stdout, r.summary())
	return withHint(err)
}

// progress returns where a line about the recording is kept up to date: the terminal, or
// nowhere.
func (a *app) progress() io.Writer {
	if f, ok := a.stderr.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		return f
	}
	return nil
}

// recorder writes what a subscription delivers into a file.
type recorder struct {
	file     *os.File
	log      *slog.Logger
	start    time.Time
	count    uint64    // of messages to end after; 0 for no end
	progress io.Writer // nil: none

	mu      sync.Mutex
	writer  *archive.Writer
	refused uint64 // messages that cannot be recorded
}

// run records until ctx ends. The error is about the file, or the subscription.
func (r *recorder) run(ctx context.Context, c *client.Client, o love.SubscribeOptions, groups []love.Group) error {
	for d, err := range c.SubscribeWith(ctx, o, groups...) {
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			return err
		}
		if err := r.add(d); err != nil {
			return err
		}
		if messages, _ := r.writer.Messages(); r.count > 0 && messages >= r.count {
			return nil
		}
	}
	return nil
}

func (r *recorder) add(d love.Delivery) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	err := r.writer.Record(d)
	if errors.Is(err, archive.ErrNotRecorded) {
		if r.refused++; r.refused == 1 {
			r.log.Warn("recording", "error", err)
		}
		return nil
	}
	return err
}

// flush closes a chunk each second, so that little is lost by a kill.
func (r *recorder) flush(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			r.mu.Lock()
			_ = r.writer.Flush() // the next message returns the error
			text := r.counts()
			r.mu.Unlock()
			if r.progress != nil {
				fmt.Fprintf(r.progress, "\r\x1b[K%s", text)
			}
		case <-ctx.Done():
			if r.progress != nil {
				fmt.Fprint(r.progress, "\r\x1b[K")
			}
			return
		}
	}
}

// close closes the file, and removes it if nothing was recorded.
func (r *recorder) close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if messages, _ := r.writer.Messages(); messages == 0 {
		return errors.Join(r.file.Close(), os.Remove(r.file.Name()))
	}
	return errors.Join(r.writer.Close(), r.file.Sync(), r.file.Close())
}

// counts returns what has been recorded, on one line.
func (r *recorder) counts() string {
	messages, streams := r.writer.Messages()
	return fmt.Sprintf("%s of %s in %s, %s", number(messages, "message"), number(uint64(streams), "stream"), r.file.Name(), sizeText(r.writer.Bytes()))
}

// summary returns what a recording has, once it is closed.
func (r *recorder) summary() string {
	if messages, _ := r.writer.Messages(); messages == 0 {
		return fmt.Sprintf("nothing came in %s: %s was not kept\n", spanText(time.Since(r.start)), r.file.Name())
	}
	text := r.counts() + ", in " + spanText(time.Since(r.start)) + "\n"
	if missed := r.writer.Missed(); missed > 0 {
		text += number(missed, "message") + " missed: there was no connection, or this machine was too slow\n"
	}
	if r.refused > 0 {
		text += number(r.refused, "message") + " not recorded: not valid, or too large\n"
	}
	return text
}

// number returns "1 message" or "2 messages".
func number(n uint64, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}

// sizeText returns a number of bytes for people.
func sizeText(n int64) string {
	switch x := float64(n); {
	case x < 1<<10:
		return fmt.Sprintf("%d B", n)
	case x < 1<<20:
		return fmt.Sprintf("%.1f KiB", x/(1<<10))
	case x < 1<<30:
		return fmt.Sprintf("%.1f MiB", x/(1<<20))
	default:
		return fmt.Sprintf("%.1f GiB", x/(1<<30))
	}
}

// spanText returns how long something lasted, for people: "9.5 s", "12 min", "3 h 5 min".
func spanText(d time.Duration) string {
	switch {
	case d < 100*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < 2*time.Hour:
		return fmt.Sprintf("%.0f min", d.Minutes())
	}
	d = d.Round(time.Minute)
	return fmt.Sprintf("%.0f h %.0f min", d.Truncate(time.Hour).Hours(), (d % time.Hour).Minutes())
}
