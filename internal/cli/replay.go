package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"time"

	"github.com/spf13/cobra"
)

func (a *app) replayCommand() *cobra.Command {
	var conn clientFlags
	r := replay{}
	cmd := &cobra.Command{
		Use:   "replay FILE…",
		Short: "Publish recorded messages with their timing",
		Long: `Publish recorded messages, one file after the other, with their timing.
A FILE is an MCAP file of loved record or of an archive, the folder of an archive, lines that loved
sub printed, or the transcript of a producer; "-" is standard input, without MCAP. Messages whose
time is not known follow at once. Lines are sent as their messages were published; a message that
was printed several times, for overlapping groups, is published as often. An MCAP file has each
stream as a message of its own. At the end the number of messages is printed.`,
		Example: `  loved record 'event-*-*-*' 'telemetry-*-*-*' --out night.mcap
  loved replay --speed 10 night.mcap
  loved replay --from 2026-03-14T03:00 --to 2026-03-14T03:10 night.mcap`,
		Args: minArgs("FILE"),
		RunE: func(cmd *cobra.Command, files []string) error {
			if !(r.speed >= 0) {
				return usagef("--speed is %v: give 1 for the recorded timing, 10 for ten times faster, 0 for no pauses", r.speed)
			}
			if !r.from.IsZero() && !r.to.IsZero() && !r.from.Before(r.to.Time) {
				return usagef("--from is not before --to")
			}
			manager, err := a.target(cmd.Context(), conn)
			if err != nil {
				return err
			}
			r.stdin, r.stderr = a.stdin, a.stderr
			err = a.publish(cmd.Context(), manager, func(ctx context.Context, send func([]byte) error) error {
				return r.play(ctx, files, send)
			})
			fmt.Fprintf(a.stdout, "%d messages published\n", r.sent)
			return errors.Join(err, r.err())
		},
	}
	conn.register(cmd.Flags())
	cmd.Flags().Float64Var(&r.speed, "speed", 1, "`TIMES` faster than recorded; 0 for as fast as the manager accepts")
	cmd.Flags().Var(&r.from, "from", "only what came from a `TIME` on: 2026-03-14T03:00, with seconds and a zone if need be (default UTC), a date, or 2h for two hours ago")
	cmd.Flags().Var(&r.to, "to", "only what came before a `TIME`, given like --from")
	cmd.Flags().BoolVar(&r.loop, "loop", false, "start again at the end, until interrupted")
	return cmd
}

// replay plays recordings.
type replay struct {
	speed  float64
	loop   bool
	from   timeFlag
	to     timeFlag
	stdin  io.Reader
	stderr io.Writer

	sent, bad int
}

// wants reports whether a message is in the chosen time. What has no time is left out if
// one was chosen.
func (r *replay) wants(m recordedMessage) bool {
	if r.from.IsZero() && r.to.IsZero() {
		return true
	}
	return !m.Time.IsZero() && !m.Time.Before(r.from.Time) && (r.to.IsZero() || m.Time.Before(r.to.Time))
}

// play sends the messages of the files in their order, repeatedly with
// loop.
func (r *replay) play(ctx context.Context, files []string, send func([]byte) error) error {
	for {
		before := r.sent
		for _, file := range files {
			if err := r.playFile(ctx, file, send); err != nil {
				return err
			}
		}
		if !r.loop {
			return nil
		}
		if r.sent == before {
			return errors.New("nothing to replay again: the files hold no messages")
		}
	}
}

func (r *replay) playFile(ctx context.Context, file string, send func([]byte) error) error {
	messages, err := r.open(ctx, file)
	if err != nil {
		return err
	}
	timing := schedule{speed: r.speed}
	for message, err := range messages {
		var bad *partError
		if errors.As(err, &bad) {
			r.bad++
			fmt.Fprintf(r.stderr, "%s: %v: skipped\n", file, err)
			continue
		}
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		if !r.wants(message) {
			continue
		}
		if err := timing.wait(ctx, message); err != nil {
			return err
		}
		if err := send(message.JSON); err != nil {
			return err
		}
		r.sent++
	}
	return nil
}

// open returns the messages of a file, of whatever format.
func (r *replay) open(ctx context.Context, file string) (iter.Seq2[recordedMessage, error], error) {
	if file == "-" {
		return readRecording(r.stdin), nil
	}
	messages, err := readMCAP(ctx, file, r.from.Time, r.to.Time)
	if !errors.Is(err, errNotMCAP) {
		return messages, err
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	return func(yield func(recordedMessage, error) bool) {
		defer f.Close()
		for m, err := range readRecording(f) {
			if !yield(m, err) {
				return
			}
		}
	}, nil
}

func (r *replay) err() error {
	if r.bad == 0 {
		return nil
	}
	return fmt.Errorf("parts that are not messages were skipped: %d", r.bad)
}

// schedule keeps the recorded distances between the messages of one file. Time
// lost in sending is caught up.
type schedule struct {
	speed   float64
	started bool
	start   time.Time
	origin  time.Duration // of the recording, at start
}

// wait returns when the message is due.
func (s *schedule) wait(ctx context.Context, m recordedMessage) error {
	if !m.Timed || s.speed == 0 {
		return ctx.Err()
	}
	if !s.started {
		s.started, s.start, s.origin = true, time.Now(), m.At
	}
	due := s.start.Add(time.Duration(float64(m.At-s.origin) / s.speed))
	timer := time.NewTimer(time.Until(due))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
