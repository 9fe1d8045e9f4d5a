package record_test

import (
	"context"
	"io"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/commander/commanderhttp"
	"github.com/rubin-love/love-go/love/commander/record"
)

// lateTimeout is the default of record.WithLateTimeout.
const lateTimeout = 10 * time.Minute

func TestRecorder_RecordsALateAnswerAndSendsNothingAgain(t *testing.T) {
	sent := 0
	withRecorder(t, func(ctx context.Context, _ commander.Call) (love.Ack, error) {
		sent++
		commander.Sent(ctx)
		time.Sleep(time.Minute)
		return love.Ack{Text: "Failed: at last", Code: love.AckFailed}, nil
	}, func(t *testing.T, r recording) {
		start := time.Now()
		_, err := r.give(t)
		require.Equal(t, commandTimeout, time.Since(start))
		require.Equal(t, commander.TimedOut, commander.ErrorOf(err, "").Kind)
		require.ErrorContains(t, err, "No answer within 15s.")
		e := r.onlyEntry(t)
		require.Equal(t, love.CommandTimedOut, e.State)
		require.Equal(t, commandTimeout, e.CommandOutcome.Duration)
		time.Sleep(time.Minute)
		require.Equal(t, love.CommandOutcome{State: love.CommandLate, Status: 200, Code: love.AckFailed, Result: "Failed: at last", Duration: time.Minute}, r.onlyEntry(t).CommandOutcome)
		require.Equal(t, []love.CommandState{love.CommandPending, love.CommandTimedOut, love.CommandLate}, r.watched())
		require.Equal(t, 1, sent)
	})
}

// silent is a commander that does not answer. It keeps when and why its context
// ended.
type silent struct {
	report func(ctx context.Context) // progress
	after  time.Duration
	cause  error
}

func (g *silent) execute(ctx context.Context, _ commander.Call) (love.Ack, error) {
	began := time.Now()
	ctx = commander.Sent(ctx)
	if g.report != nil {
		g.report(ctx)
	}
	<-ctx.Done()
	g.after, g.cause = time.Since(began), context.Cause(ctx)
	return love.Ack{}, g.cause
}

func TestRecorder_WaitsForALateAnswerWithATimeout(t *testing.T) {
	for name, c := range map[string]struct {
		opts []record.Option
		want time.Duration
	}{
		"by default":    {nil, lateTimeout},
		"as configured": {[]record.Option{record.WithLateTimeout(time.Hour)}, time.Hour},
		"not at all":    {[]record.Option{record.WithLateTimeout(0)}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			var inner silent
			withRecorder(t, inner.execute, func(t *testing.T, r recording) {
				_, err := r.give(t)
				require.ErrorContains(t, err, "No answer within 15s.")
				r.Close(context.Background())
				require.Equal(t, commandTimeout+c.want, inner.after)
				require.ErrorIs(t, inner.cause, context.DeadlineExceeded)
				require.Equal(t, love.CommandTimedOut, r.onlyEntry(t).State)
				require.Equal(t, commandTimeout, r.onlyEntry(t).CommandOutcome.Duration)
			}, c.opts...)
		})
	}
}

func TestRecorder_RecordsALateErrorThatSaysMore(t *testing.T) {
	answered := func(status int) error {
		_, err := commanderhttp.Response{Status: status, Body: []byte(`{"ack":"Failed: no power","code":-302}`)}.Ack()
		return err
	}
	late := func(status int) love.CommandOutcome {
		return love.CommandOutcome{State: love.CommandLate, Status: status, Code: -302, Result: "Failed: no power", Duration: time.Minute}
	}
	timedOut := love.CommandOutcome{
		State: love.CommandTimedOut, Status: 504, Duration: commandTimeout,
		Result: "No answer within 15s. The command is still waited for; the record of commands will tell what came of it.",
	}
	for name, c := range map[string]struct {
		err  error
		want love.CommandOutcome
	}{
		"an answer with status 400": {answered(400), late(400)},
		"an answer with status 500": {answered(500), late(500)},
		"an answer with status 504": {answered(504), late(504)},
		"a refusal": {commander.Refuse("no power"),
			love.CommandOutcome{State: love.CommandRefused, Status: 400, Result: "no power", Duration: time.Minute}},
		"a failure to send": {&commander.Error{Kind: commander.NotSent, Text: "no way"},
			love.CommandOutcome{State: love.CommandRefused, Status: 503, Result: "no way", Duration: time.Minute}},
		"a broken connection": {io.EOF, timedOut},
		"a timeout":           {context.DeadlineExceeded, timedOut},
	} {
		t.Run(name, func(t *testing.T) {
			withRecorder(t, func(ctx context.Context, _ commander.Call) (love.Ack, error) {
				commander.Sent(ctx)
				time.Sleep(time.Minute)
				return love.Ack{}, c.err
			}, func(t *testing.T, r recording) {
				_, err := r.give(t)
				require.Error(t, err)
				r.Close(context.Background())
				require.Equal(t, c.want, r.onlyEntry(t).CommandOutcome)
			})
		})
	}
}

func TestRecorder_NothingIsSentAfterItsCallerWasAnswered(t *testing.T) {
	notSent := &commander.Error{Kind: commander.NotSent, Text: "The bus is away. Nothing was sent."}
	for name, c := range map[string]struct {
		leaves bool // the caller hangs up after a second
		err    error
		want   love.CommandOutcome
	}{
		"a commander that knows": {false, notSent,
			love.CommandOutcome{State: love.CommandRefused, Status: 503, Result: notSent.Text, Duration: commandTimeout}},
		"a commander that does not know": {false, context.DeadlineExceeded, love.CommandOutcome{
			State: love.CommandTimedOut, Status: 504, Duration: commandTimeout,
			Result: "The commander did not answer in time. " + commander.UnknownOutcome,
		}},
		"a caller who has hung up": {true, notSent,
			love.CommandOutcome{State: love.CommandRefused, Status: 503, Result: notSent.Text, Duration: time.Second}},
	} {
		t.Run(name, func(t *testing.T) {
			withRecorder(t, func(ctx context.Context, _ commander.Call) (love.Ack, error) {
				<-ctx.Done() // until the bus is back
				return love.Ack{}, c.err
			}, func(t *testing.T, r recording) {
				ctx, cancel := commander.WithTimeout(t.Context(), commandTimeout)
				defer cancel()
				if c.leaves {
					time.AfterFunc(time.Second, cancel)
				}
				_, err := r.Execute(ctx, move)
				require.Equal(t, c.err, err, "the caller gets what the commander knows")
				require.Equal(t, c.want, r.onlyEntry(t).CommandOutcome)
			})
		})
	}
}

func TestRecorder_WaitsAMomentForACommanderThatIgnoresTheEndOfItsContext(t *testing.T) {
	withRecorder(t, func(context.Context, commander.Call) (love.Ack, error) {
		time.Sleep(time.Minute)
		return done, nil
	}, func(t *testing.T, r recording) {
		began := time.Now()
		_, err := r.give(t)
		require.Equal(t, commander.TimedOut, commander.ErrorOf(err, "").Kind)
		require.Equal(t, commandTimeout+250*time.Millisecond, time.Since(began))
		require.Equal(t, love.CommandTimedOut, r.onlyEntry(t).State)
		r.Close(context.Background())
		require.Equal(t, love.CommandLate, r.onlyEntry(t).State)
	})
}

func TestRecorder_ProgressExtendsTheWaitForALateAnswer(t *testing.T) {
	needs := func(seconds float64) func(context.Context) {
		return func(ctx context.Context) { commander.Report(ctx, love.Progress{Code: 301, Timeout: seconds}) }
	}
	for name, c := range map[string]struct {
		report func(ctx context.Context)
		hangUp time.Duration // when the caller leaves
		want   time.Duration // when the commander's context ends
	}{
		"before the caller leaves": {needs(3600), time.Second, time.Hour + lateTimeout},
		"but not twice": {func(ctx context.Context) {
			needs(3600)(ctx)
			needs(1800)(ctx)
		}, time.Second, time.Hour + lateTimeout},
		"unless the estimate is over by then":   {needs(60), 2 * time.Minute, 2*time.Minute + lateTimeout},
		"without an estimate":                   {needs(0), time.Second, time.Second + lateTimeout},
		"with an estimate of NaN":               {needs(math.NaN()), time.Second, time.Second + lateTimeout},
		"by a day, if the estimate is infinite": {needs(math.Inf(1)), time.Second, 24*time.Hour + lateTimeout},
		"after the caller has left": {func(ctx context.Context) {
			time.Sleep(5 * time.Minute)
			needs(3600)(ctx)
		}, time.Second, 5*time.Minute + time.Hour + lateTimeout},
		"again and again": {func(ctx context.Context) {
			for range 20 {
				time.Sleep(lateTimeout)
				needs(60)(ctx)
			}
		}, time.Minute, 20*lateTimeout + time.Minute + lateTimeout},
	} {
		t.Run(name, func(t *testing.T) {
			inner := silent{report: c.report}
			withRecorder(t, inner.execute, func(t *testing.T, r recording) {
				ctx, hangUp := context.WithCancel(t.Context())
				defer time.AfterFunc(c.hangUp, hangUp).Stop()
				_, err := r.Execute(ctx, move)
				require.ErrorIs(t, err, context.Canceled)
				r.Close(context.Background())
				require.Equal(t, c.want, inner.after)
				require.ErrorIs(t, inner.cause, context.DeadlineExceeded)
			})
		})
	}
}

func TestRecorder_ProgressExtendsTheCallersTimeoutAndTheLateOne(t *testing.T) {
	inner := silent{report: func(ctx context.Context) {
		commander.Report(ctx, love.Progress{Code: 301, Name: "CMD_INPROGRESS", Result: "opening", Timeout: 60})
	}}
	withRecorder(t, inner.execute, func(t *testing.T, r recording) {
		_, err := r.give(t)
		require.Equal(t, &commander.Error{
			Kind: commander.TimedOut, Code: 301, Err: context.DeadlineExceeded,
			Text: "No answer within 1m15s; the last acknowledgement was 301 CMD_INPROGRESS: opening. " +
				"The command is still waited for; the record of commands will tell what came of it.",
		}, err)
		r.Close(context.Background())
		require.Equal(t, time.Minute+commandTimeout+lateTimeout, inner.after)
	})
}

func TestRecorder_RecordsTheOutcomeForACallerWhoHasHungUp(t *testing.T) {
	lost := &commander.Error{Kind: commander.Refused, Text: "no power"}
	for name, c := range map[string]struct {
		ack  love.Ack
		err  error
		want love.CommandOutcome
	}{
		"success":  {done, nil, love.CommandOutcome{State: love.CommandDone, Status: 200, Code: 303, Result: "Done", Duration: 5 * time.Second}},
		"an error": {love.Ack{}, lost, love.CommandOutcome{State: love.CommandRefused, Status: 400, Result: "no power", Duration: 5 * time.Second}},
	} {
		t.Run(name, func(t *testing.T) {
			withRecorder(t, func(ctx context.Context, _ commander.Call) (love.Ack, error) {
				commander.Sent(ctx)
				time.Sleep(5 * time.Second)
				return c.ack, c.err
			}, func(t *testing.T, r recording) {
				ctx, hangUp := context.WithCancel(t.Context())
				defer time.AfterFunc(time.Second, hangUp).Stop()
				_, err := r.Execute(ctx, move)
				require.ErrorIs(t, err, context.Canceled)
				require.Equal(t, love.CommandPending, r.onlyEntry(t).State)
				r.Close(context.Background())
				require.Equal(t, c.want, r.onlyEntry(t).CommandOutcome)
				require.Len(t, r.watched(), 2)
			})
		})
	}
}

func TestRecorder_RecordsATimeoutForACallerWhoHasHungUpIfNoAnswerComes(t *testing.T) {
	withRecorder(t, hangs, func(t *testing.T, r recording) {
		ctx, hangUp := context.WithCancel(t.Context())
		defer time.AfterFunc(time.Second, hangUp).Stop()
		_, err := r.Execute(ctx, move)
		require.ErrorIs(t, err, context.Canceled)
		r.Close(context.Background())
		require.Equal(t, love.CommandOutcome{
			State: love.CommandTimedOut, Status: 504, Duration: time.Second + lateTimeout,
			Result: "The commander did not answer in time. " + commander.UnknownOutcome,
		}, r.onlyEntry(t).CommandOutcome)
	})
}

func TestRecorder_CloseAbandonsCommandsThatDoNotEnd(t *testing.T) {
	withRecorder(t, hangs, func(t *testing.T, r recording) {
		waiting := make(chan error)
		go func() {
			_, err := r.give(t)
			waiting <- err
		}()
		synctest.Wait()
		soon, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		began := time.Now()
		go r.Close(soon)
		require.ErrorIs(t, <-waiting, context.Canceled)
		require.Equal(t, 5*time.Second, time.Since(began))
		synctest.Wait()
		require.Equal(t, love.CommandUnknown, r.onlyEntry(t).State)
	})
}

func TestRecorder_CloseAbandonsACommanderThatIgnoresItsContext(t *testing.T) {
	for name, timeout := range map[string]time.Duration{"with a caller": time.Hour, "without one": time.Second} {
		t.Run(name, func(t *testing.T) {
			withRecorder(t, after(2*time.Hour, done), func(t *testing.T, r recording) {
				waiting := make(chan error)
				go func() {
					ctx, cancel := context.WithCancel(t.Context())
					defer time.AfterFunc(timeout, cancel).Stop()
					_, err := r.Execute(ctx, move)
					waiting <- err
				}()
				synctest.Wait()
				soon, cancel := context.WithTimeout(t.Context(), 5*time.Second)
				defer cancel()
				began := time.Now()
				go r.Close(soon)
				require.ErrorIs(t, <-waiting, context.Canceled)
				r.Close(t.Context())
				require.Equal(t, 5250*time.Millisecond, time.Since(began))
				require.Equal(t, love.CommandUnknown, r.onlyEntry(t).State)
				require.Equal(t, "The manager ended before an answer came. "+commander.UnknownOutcome, r.onlyEntry(t).Result)
				time.Sleep(2 * time.Hour) // until the commander ends
			})
		})
	}
}

func TestRecorder_CloseAbandonsLateAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		end  func(cancel context.CancelFunc) // how the caller leaves
		want love.CommandState
	}{
		"a caller whose timeout has passed": {func(context.CancelFunc) {}, love.CommandTimedOut},
		"a caller who has hung up":          {func(cancel context.CancelFunc) { cancel() }, love.CommandUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			var inner silent
			withRecorder(t, inner.execute, func(t *testing.T, r recording) {
				ctx, cancel := commander.WithTimeout(t.Context(), commandTimeout)
				defer cancel()
				defer time.AfterFunc(time.Second, func() { c.end(cancel) }).Stop()
				_, err := r.Execute(ctx, move)
				require.Error(t, err)
				over, end := context.WithCancel(t.Context())
				end()
				r.Close(over)
				require.ErrorIs(t, inner.cause, context.Canceled)
				require.Equal(t, c.want, r.onlyEntry(t).State)
			})
		})
	}
}

func TestRecorder_AfterCloseCommandsAreRefusedAndRecorded(t *testing.T) {
	withRecorder(t, succeeds, func(t *testing.T, r recording) {
		r.Close(t.Context())
		_, err := r.give(t)
		require.Equal(t, &commander.Error{
			Kind: commander.Busy, RetryAfter: time.Second, Text: "The manager is shutting down. Nothing was sent: try again in a moment.",
		}, err)
		require.Equal(t, love.CommandOutcome{
			State: love.CommandRefused, Status: 503, Result: "The manager is shutting down. Nothing was sent: try again in a moment.",
		}, r.onlyEntry(t).CommandOutcome)
		r.Close(t.Context())
	})
}
