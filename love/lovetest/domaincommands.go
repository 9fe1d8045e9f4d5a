package lovetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/sal"
)

// commanding is the part of the suite about commands.
var commanding = map[string]func(*suite){
	"a command is executed and acknowledged":                  commandIsExecuted,
	"the error of a handler becomes the acknowledgement":      outcomesAreAcknowledged,
	"progress extends the time limit":                         progressExtends,
	"without a component a command times out":                 commandTimesOut,
	"a command to one instance reaches only that one":         commandsFindTheirInstance,
	"clients with equal numbers get only their own acks":      acksAreMatched,
	"commands under way at the same time all end":             commandsRunTogether,
	"a command with a number that is not positive is dropped": badNumberIsDropped,
}

// closing is the part of the suite about closing and cancelling.
var closing = map[string]func(*suite){
	"closing a remote ends calls that wait":   closingEndsWaiting,
	"closing a controller aborts a command":   closingAborts,
	"closing a domain closes all its parts":   closingDomain,
	"closing in one process affects no other": closingLeavesOthers,
	"after cancel no callback begins":         cancelEndsCallbacks,
}

func (s *suite) turn(r *sal.Remote, number int, opts ...sal.CommandOption) (sal.Ack, error) {
	all := append([]sal.CommandOption{sal.WithTimeout(s.timeout())}, opts...)
	return r.Command(s.Context(), "turn", sal.Values{"number": number}, all...)
}

func commandIsExecuted(s *suite) {
	d := s.domain()
	var c *sal.Controller
	c = s.component(d, "Fan", 1, func(ctx context.Context, command *sal.Sample) error {
		assert.Equal(s, "ben@host", command.Identity())
		assert.Equal(s, 1, command.Index())
		_, err := c.Write(ctx, "evt_turned", sal.Values{"number": command.Int("number")})
		return err
	})
	r := s.remote(s.domain(), "Fan", 1)
	got := s.received(r, "evt_turned")
	a, err := s.turn(r, 7, sal.As("ben@host"))
	require.NoError(s, err)
	require.Equal(s, sal.Ack{Code: sal.Complete, Result: "Done"}, a)
	require.Equal(s, []int{7}, got.numbers(1))
}

func outcomesAreAcknowledged(s *suite) {
	own := sal.Ack{Code: sal.NoPermission, Error: 5, Result: "not you é"}
	outcomes := []struct {
		err  error
		want sal.Ack
	}{
		{nil, sal.Ack{Code: sal.Complete, Result: "Done"}},
		{errors.New("too hot"), sal.Ack{Code: sal.Failed, Error: 1, Result: "Failed: too hot"}},
		{context.Canceled, sal.Ack{Code: sal.Aborted, Error: 1, Result: "Aborted"}},
		{context.DeadlineExceeded, sal.Ack{Code: sal.TimedOut, Error: 1, Result: "Timeout"}},
		{sal.Answer(own), own},
	}
	s.component(s.domain(), "Lamp", 0, func(_ context.Context, command *sal.Sample) error {
		return outcomes[command.Int("number")].err
	})
	r := s.remote(s.domain(), "Lamp", 0)
	for i, o := range outcomes {
		a, err := s.turn(r, i)
		require.Equal(s, o.want, a)
		var failed *sal.AckError
		require.Equal(s, o.want.Code != sal.Complete, errors.As(err, &failed))
		require.NotErrorIs(s, err, sal.ErrTimeout)
	}
}

func progressExtends(s *suite) {
	d := s.domain()
	limit := 3 * s.f.Unit
	var c *sal.Controller
	c = s.component(d, "Lamp", 0, func(ctx context.Context, command *sal.Sample) error {
		work := time.Duration(command.Int("number")) * s.f.Unit
		if err := c.Progress(ctx, command, 4*s.f.Unit); err != nil {
			return err
		}
		s.pause(work)
		return nil
	})
	r := s.remote(s.domain(), "Lamp", 0)
	var progress []sal.Ack
	a, err := s.turn(r, 5, sal.WithTimeout(limit), sal.OnProgress(func(a sal.Ack) { progress = append(progress, a) }))
	require.NoError(s, err)
	require.Equal(s, sal.Complete, a.Code)
	require.Equal(s, []sal.Ack{{Code: sal.InProgress, Timeout: 4 * s.f.Unit}}, progress)

	a, err = s.turn(r, 10, sal.WithTimeout(limit))
	require.ErrorIs(s, err, sal.ErrTimeout)
	require.Equal(s, sal.InProgress, a.Code, "that of the last acknowledgement")
}

func commandTimesOut(s *suite) {
	a, err := s.turn(s.remote(s.domain(), "Lamp", 0), 1, sal.WithTimeout(s.f.Unit))
	require.ErrorIs(s, err, sal.ErrTimeout)
	require.Equal(s, sal.NoAck, a.Code)
	require.Equal(s, "No command acknowledgement seen", a.Result)
}

func commandsFindTheirInstance(s *suite) {
	d := s.domain()
	for index := 1; index <= 2; index++ {
		s.component(d, "Fan", index, func(context.Context, *sal.Sample) error {
			return sal.Answer(sal.Ack{Code: sal.Complete, Result: string(rune('0' + index))})
		})
	}
	caller := s.domain()
	a, err := s.turn(s.remote(caller, "Fan", 2), 0)
	require.NoError(s, err)
	require.Equal(s, "2", a.Result)

	all := s.remote(caller, "Fan", 0)
	a, err = all.Command(s.Context(), "turn", sal.Values{"salIndex": 1}, sal.WithTimeout(s.timeout()))
	require.NoError(s, err)
	require.Equal(s, "1", a.Result)
	_, err = s.turn(all, 0, sal.WithTimeout(s.f.Unit))
	require.ErrorIs(s, err, sal.ErrTimeout, "index 0 is not a broadcast")
}

// acksAreMatched plays a component that answers a command with
// acknowledgements of other commands before its own.
func acksAreMatched(s *suite) {
	bus := s.connect()
	ackcmd := topic(s, "Lamp", "ack_ackcmd")
	sub, err := bus.Subscribe(s.Context(), []sal.TopicRequest{{Topic: topic(s, "Lamp", "cmd_turn")}})
	require.NoError(s, err)
	defer sub.Close()
	ctx, stop := context.WithCancel(s.Context())
	var component sync.WaitGroup
	component.Go(func() {
		batch, err := sub.Receive(ctx)
		if err != nil || len(batch) == 0 || batch[0].Sample == nil {
			s.Errorf("no command arrived: %v", err)
			return
		}
		command := batch[0].Sample
		for _, wrong := range []sal.Values{
			{"origin": command.Origin() + 1}, {"identity": "somebody"}, {"private_seqNum": command.Number() + 1}, {"result": "mine"},
		} {
			values := sal.Values{
				"private_seqNum": command.Number(), "private_sndStamp": command.Sent(), "origin": command.Origin(), "identity": command.Identity(),
				"ack": int(sal.Complete), "result": "not mine",
			}
			for name, v := range wrong {
				values[name] = v
			}
			a, err := sal.NewSample(ackcmd, values)
			if err == nil {
				err = bus.Publish(s.Context(), a)
			}
			if err != nil {
				s.Error(err)
			}
		}
	})
	a, err := s.turn(s.remote(s.domain(), "Lamp", 0), 1)
	stop()
	component.Wait()
	require.NoError(s, err)
	require.Equal(s, "mine", a.Result)
}

func commandsRunTogether(s *suite) {
	s.component(s.domain(), "Lamp", 0, func(_ context.Context, command *sal.Sample) error {
		return sal.Answer(sal.Ack{Code: sal.Complete, Error: int(command.Int("number")), Result: command.Identity()})
	})
	var all sync.WaitGroup
	for client := range 3 {
		r := s.remote(s.domain(), "Lamp", 0)
		for i := range 10 {
			all.Go(func() {
				number := 100*client + i
				who := fmt.Sprintf("user%d@host", i) // different users, through one remote
				a, err := s.turn(r, number, sal.As(who))
				assert.NoError(s, err)
				assert.Equal(s, number, a.Error)
				assert.Equal(s, who, a.Result)
			})
		}
	}
	all.Wait()
}

func badNumberIsDropped(s *suite) {
	s.component(s.domain(), "Lamp", 0, func(_ context.Context, command *sal.Sample) error {
		if command.Number() <= 0 {
			s.Error("a command without a number was executed")
		}
		return nil
	})
	bus := s.connect()
	for _, number := range []int{0, -5} {
		command, err := sal.NewSample(topic(s, "Lamp", "cmd_turn"), sal.Values{"private_seqNum": number})
		require.NoError(s, err)
		require.NoError(s, bus.Publish(s.Context(), command))
	}
	_, err := s.turn(s.remote(s.domain(), "Lamp", 0), 1)
	require.NoError(s, err)
}

func closingEndsWaiting(s *suite) {
	r := s.remote(s.domain(), "Lamp", 0)
	errs := make(chan error, 2)
	go func() { _, err := r.Next(s.Context(), "tel_speed"); errs <- err }()
	go func() { _, err := s.turn(r, 1); errs <- err }()
	s.pause(s.f.Unit)
	require.NoError(s, r.Close())
	for range 2 {
		require.ErrorIs(s, <-errs, sal.ErrClosed)
	}
	require.NoError(s, r.Close(), "closing again is allowed")
	_, err := s.turn(r, 1)
	require.ErrorIs(s, err, sal.ErrClosed)
}

func closingAborts(s *suite) {
	begun := make(chan struct{})
	c := s.component(s.domain(), "Lamp", 0, func(ctx context.Context, _ *sal.Sample) error {
		close(begun)
		<-ctx.Done()
		return ctx.Err()
	})
	r := s.remote(s.domain(), "Lamp", 0)
	acks := make(chan sal.Ack, 1)
	go func() { a, _ := s.turn(r, 1); acks <- a }()
	select {
	case <-begun:
	case <-time.After(s.timeout()):
		s.Fatal("the command did not arrive")
	}
	require.NoError(s, c.Close())
	require.Equal(s, sal.Aborted, (<-acks).Code)
	_, err := c.Write(s.Context(), "tel_speed", nil)
	require.ErrorIs(s, err, sal.ErrClosed)
}

func closingDomain(s *suite) {
	d := s.domain()
	r, c := s.remote(d, "Lamp", 0), s.writer(d, "Lamp", 0)
	require.NoError(s, d.Close())
	require.NoError(s, d.Close(), "closing again is allowed")
	_, err := r.Next(s.Context(), "tel_speed")
	require.ErrorIs(s, err, sal.ErrClosed)
	_, err = c.Write(s.Context(), "tel_speed", nil)
	require.ErrorIs(s, err, sal.ErrClosed)
	_, err = d.Remote(s.Context(), "Lamp", 0)
	require.ErrorIs(s, err, sal.ErrClosed)
}

func closingLeavesOthers(s *suite) {
	reader, gone, writer := s.domain(), s.domain(), s.domain()
	got := s.received(s.remote(reader, "Lamp", 0), "tel_speed")
	s.remote(gone, "Lamp", 0)
	require.NoError(s, gone.Close())
	s.write(s.writer(writer, "Lamp", 0), "tel_speed", 1)
	require.Equal(s, []int{1}, got.numbers(1))
}

func cancelEndsCallbacks(s *suite) {
	r := s.remote(s.domain(), "Lamp", 0)
	stays := s.received(r, "tel_speed")
	calls := make(chan int64, 10)
	cancel, err := r.Subscribe("tel_speed", func(sample *sal.Sample) { calls <- sample.Int("number") })
	require.NoError(s, err)
	c := s.writer(s.domain(), "Lamp", 0)
	s.write(c, "tel_speed", 1)
	require.EqualValues(s, 1, <-calls)
	cancel()
	s.write(c, "tel_speed", 2)
	require.Equal(s, []int{1, 2}, stays.numbers(2))
	s.pause(s.f.Unit)
	require.Empty(s, calls)
}
