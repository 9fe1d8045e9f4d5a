package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
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
A FILE holds lines that loved sub printed, or the transcript of a producer; "-" is standard input.
Messages whose time is not known follow at once. Lines are sent as their messages were published;
a message that was printed several times, for overlapping groups, is published as often.
At the end the number of messages is printed.`,
		Example: `  loved sub event-all-all-all telemetry-all-all-all > night.jsonl
  loved replay --speed 10 night.jsonl`,
		Args: minArgs("FILE"),
		RunE: func(cmd *cobra.Command, files []string) error {
			if !(r.speed >= 0) {
				return usagef("--speed is %v: give 1 for the recorded timing, 10 for ten times faster, 0 for no pauses", r.speed)
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
	cmd.Flags().BoolVar(&r.loop, "loop", false, "start again at the end, until interrupted")
	return cmd
}

// replay plays recordings.
type replay struct {
	speed  float64
	loop   bool
	stdin  io.Reader
	stderr io.Writer

	sent, bad int
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
	in := r.stdin
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return err
		}
		defer f.Close()
		in = f
	}
	timing := schedule{speed: r.speed}
	for message, err := range readRecording(in) {
		var bad *partError
		if errors.As(err, &bad) {
			r.bad++
			fmt.Fprintf(r.stderr, "%s: %v: skipped\n", file, err)
			continue
		}
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
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
