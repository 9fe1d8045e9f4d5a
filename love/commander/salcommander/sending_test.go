package salcommander_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/commander/record"
	"github.com/rubin-love/love-go/love/commander/salcommander"
	"github.com/rubin-love/love-go/love/lovetest"
	"github.com/rubin-love/love-go/love/sal"
)

// slowBus is a bus that is stuck at one step until it is back.
type slowBus struct {
	*lovetest.Bus
	stuck string // the step
	back  chan struct{}
}

func (b *slowBus) wait(ctx context.Context, step string) error {
	if step != b.stuck {
		return nil
	}
	select {
	case <-b.back:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (b *slowBus) Announce(ctx context.Context, _ []*sal.Topic) error {
	return b.wait(ctx, "announcing")
}

func (b *slowBus) Subscribe(ctx context.Context, topics []sal.TopicRequest) (sal.Subscription, error) {
	if err := b.wait(ctx, "subscribing"); err != nil {
		return nil, err
	}
	return b.Bus.Subscribe(ctx, topics)
}

func (b *slowBus) Publish(ctx context.Context, s *sal.Sample) error {
	if err := b.wait(ctx, "publishing"); err != nil {
		return &sal.NotWrittenError{Topic: s.Topic(), Err: err}
	}
	return b.Bus.Publish(ctx, s)
}

// Whatever the step at which commands are stuck on their way to the bus: once their
// callers have been answered, they do not leave any more.
func TestNothingLeavesAfterTheTimeLimit(t *testing.T) {
	for _, step := range []string{"announcing", "subscribing", "publishing"} {
		t.Run(step, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				bus := &slowBus{lovetest.NewBus(), step, make(chan struct{})}
				domain := sal.NewDomain(bus, definitions(t))
				recorder := record.New(salcommander.New(domain), record.NewMemory(0))
				began := time.Now()
				failures := make(chan error)
				const commands = 3 // of which one is stuck, and the others may have to wait for it
				for range commands {
					go func() {
						_, err := commander.Within(t.Context(), commandTimeout, func(ctx context.Context) (love.Ack, error) {
							return recorder.Execute(ctx, call("Lamp", 0, "cmd_switchOff", `{}`))
						})
						failures <- err
					}()
				}
				for range commands {
					failed := commander.ErrorOf(<-failures, "")
					require.Equal(t, commander.NotSent, failed.Kind, failed)
					require.Equal(t, "The SAL bus was not ready for Lamp cmd_switchOff in time. Nothing was sent: see whether its brokers and its schema registry run.", failed.Text)
				}
				require.Equal(t, commandTimeout, time.Since(began))
				close(bus.back)
				time.Sleep(time.Hour)
				require.Empty(t, bus.Published())
				entries, err := recorder.List(t.Context(), love.CommandFilter{})
				require.NoError(t, err)
				for _, e := range entries {
					require.Equal(t, love.CommandRefused, e.State)
				}
				recorder.Close(t.Context())
				require.NoError(t, domain.Close())
			})
		})
	}
}

func TestADefiniteFailureOfTheBusIsNotUnknown(t *testing.T) {
	topic := func(t *testing.T) *sal.Topic {
		c, err := definitions(t).Component("Lamp")
		require.NoError(t, err)
		switchOff, _ := c.Topic("cmd_switchOff")
		return switchOff
	}
	for name, c := range map[string]struct {
		err  func(t *testing.T) error
		kind commander.Kind
		text string
	}{
		"too large": {func(t *testing.T) error {
			return &sal.NotWrittenError{Topic: topic(t), TooLarge: true, Err: errors.New("MESSAGE_TOO_LARGE")}
		}, commander.Refused, "Lamp cmd_switchOff is too large for the SAL bus. Nothing was sent: shorten its texts."},
		"a refusal of the broker": {func(t *testing.T) error {
			return &sal.NotWrittenError{Topic: topic(t), Err: errors.New("TOPIC_AUTHORIZATION_FAILED")}
		}, commander.NotSent, "Lamp cmd_switchOff could not be sent: TOPIC_AUTHORIZATION_FAILED. Nothing was sent."},
		"no answer of the broker": {func(*testing.T) error { return errors.New("no answer within 5s") },
			commander.Unknown, "The commander gave no answer. " + commander.UnknownOutcome},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				bus := lovetest.NewBus()
				domain := sal.NewDomain(bus, definitions(t))
				sal := salcommander.New(domain)
				go func() { _, _ = sal.Execute(t.Context(), call("Lamp", 0, "cmd_switchOff", `{}`)) }()
				synctest.Wait() // the remote has started
				bus.Fail(c.err(t))
				_, err := sal.Execute(t.Context(), call("Lamp", 0, "cmd_switchOff", `{}`))
				failed := commander.ErrorOf(err, commander.UnknownOutcome)
				require.Equal(t, c.kind, failed.Kind)
				require.Equal(t, c.text, failed.Text)
				require.NoError(t, domain.Close())
				synctest.Wait()
			})
		})
	}
}

// The answer to a command that has left is recorded even if its caller has gone.
func TestTheAnswerToACommandThatHasLeftIsAwaited(t *testing.T) {
	withLamp(t, sleepFor(time.Minute), func(t *testing.T, l lamp) {
		recorder := record.New(l.Commander, record.NewMemory(0))
		_, err := commander.Within(t.Context(), commandTimeout, func(ctx context.Context) (love.Ack, error) {
			return recorder.Execute(ctx, call("Lamp", 0, "cmd_switchOff", `{}`))
		})
		require.Equal(t, commander.TimedOut, commander.ErrorOf(err, "").Kind)
		recorder.Close(t.Context())
		entries, err := recorder.List(t.Context(), love.CommandFilter{})
		require.NoError(t, err)
		require.Equal(t, love.CommandOutcome{State: love.CommandLate, Code: 303, Result: "Done", Duration: time.Minute}, entries[0].CommandOutcome)
	})
}
