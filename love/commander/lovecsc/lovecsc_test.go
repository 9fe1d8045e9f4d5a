package lovecsc_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/commander/lovecsc"
	"github.com/rubin-love/love-go/love/lovetest"
	"github.com/rubin-love/love-go/love/sal"
	"github.com/rubin-love/love-go/love/sal/sim"
)

// withCSC runs body in a bubble with a LOVE CSC and its events of one topic.
func withCSC(t *testing.T, topic string, body func(t *testing.T, c *lovecsc.CSC, events <-chan *sal.Sample)) {
	synctest.Test(t, func(t *testing.T) {
		d := newDomain(t)
		c, err := lovecsc.New(t.Context(), d)
		require.NoError(t, err)
		r, err := d.Remote(t.Context(), "LOVE", 0)
		require.NoError(t, err)
		events := make(chan *sal.Sample, 100)
		_, err = r.Subscribe(topic, func(s *sal.Sample) { events <- s })
		require.NoError(t, err)
		body(t, c, events)
		require.NoError(t, c.Close())
	})
}

const added = "Added new observing log to SAL"

func TestARepeatedTextIsTwoEventsOfTheSender(t *testing.T) {
	withCSC(t, "evt_observingLog", func(t *testing.T, c *lovecsc.CSC, events <-chan *sal.Sample) {
		for range 2 {
			ack, err := c.WriteObservingLog(t.Context(), love.ObservingLog{User: "ana", Message: "añ, NaN"})
			require.NoError(t, err)
			require.Equal(t, love.Ack{Text: added}, ack)
			s := <-events
			require.Equal(t, "ana", s.Text("user"))
			require.Equal(t, "añ, NaN", s.Text("message"))
			require.Equal(t, "ana", s.Identity())
		}
		synctest.Wait()
		require.Empty(t, events)
	})
}

func TestTheIdentityIsThatOfTheLogOrElseTheUser(t *testing.T) {
	withCSC(t, "evt_observingLog", func(t *testing.T, c *lovecsc.CSC, events <-chan *sal.Sample) {
		for identity, l := range map[string]love.ObservingLog{
			"ana@summit": {User: "ana", Identity: "ana@summit"},
			"ben":        {User: "ben", Message: "x"},
			"LOVE":       {Message: "nobody"},
		} {
			_, err := c.WriteObservingLog(t.Context(), l)
			require.NoError(t, err)
			require.Equal(t, identity, (<-events).Identity())
		}
	})
}

func TestAClosedCSCHasNoConnection(t *testing.T) {
	withCSC(t, "evt_observingLog", func(t *testing.T, c *lovecsc.CSC, _ <-chan *sal.Sample) {
		require.NoError(t, c.Close())
		ack, err := c.WriteObservingLog(t.Context(), love.ObservingLog{User: "ana", Message: "x"})
		require.Zero(t, ack)
		var failed *commander.Error
		require.ErrorAs(t, err, &failed)
		require.Equal(t, commander.Refused, failed.Kind)
		require.Equal(t, "LOVE CSC could not stablish connection", failed.Text)
		require.ErrorIs(t, err, sal.ErrClosed)
		require.ErrorIs(t, c.Run(t.Context()), sal.ErrClosed)
	})
}

func TestTheHeartbeatIsWrittenEverySecond(t *testing.T) {
	withCSC(t, "evt_heartbeat", func(t *testing.T, c *lovecsc.CSC, events <-chan *sal.Sample) {
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- c.Run(ctx) }()
		start := time.Now()
		for i := range 3 {
			<-events
			require.Equal(t, time.Duration(i)*time.Second, time.Since(start))
		}
		stop()
		require.NoError(t, <-ended)
	})
}

func TestAWebsocketMessageBecomesAnEvent(t *testing.T) {
	withCSC(t, "evt_observingLog", func(t *testing.T, c *lovecsc.CSC, events <-chan *sal.Sample) {
		require.Equal(t, "love_csc-love-0-observingLog", lovecsc.Group().String())
		require.NoError(t, c.Receive(t.Context(), []byte(`{"category":"love_csc","data":[{"csc":"love","salindex":0,`+
			`"data":{"observingLog":{"user":"ana","message":"x"},"other":1}}],"subscription":"love_csc-love-0-observingLog"}`)))
		s := <-events
		require.Equal(t, "ana", s.Text("user"))
		require.Equal(t, "ana", s.Identity())
		for _, bad := range []string{
			`{"category":"love_csc","data":[{"csc":"love","salindex":0,"data":{"observingLog":{"user":"ana"}}}]}`,
			`{"category":"love_csc","data":[{"csc":"love","salindex":0,"data":{"observingLog":NaN}}]}`,
			`{"category":"love_csc","data":{}}`, `{`, ``,
		} {
			require.Error(t, c.Receive(t.Context(), []byte(bad)), bad)
		}
		synctest.Wait()
		require.Empty(t, events)
	})
}

func FuzzReceive(f *testing.F) {
	f.Add([]byte(`{"category":"love_csc","data":[{"csc":"love","salindex":0,"data":{"observingLog":{"user":"ana","message":"x"}}}]}`))
	f.Add([]byte(`{"category":"love_csc","data":[{"csc":"love","salindex":0,"data":{"observingLog":[NaN]}}]}`))
	f.Add([]byte(`{`))
	c, err := lovecsc.New(f.Context(), newDomain(f))
	require.NoError(f, err)
	f.Fuzz(func(_ *testing.T, raw []byte) { _ = c.Receive(context.Background(), raw) })
}

func TestTheErrorOfALogReportsWhetherItMayHaveBeenWritten(t *testing.T) {
	topic := &sal.Topic{Component: "LOVE", Kind: sal.Event, Name: "observingLog"}
	for name, c := range map[string]struct {
		err   error
		ended bool // the caller's time is over
		kind  commander.Kind
		text  string
	}{
		"too large": {&sal.NotWrittenError{Topic: topic, TooLarge: true}, false, commander.Refused, "The observing log is too large for the SAL bus. Nothing was written: shorten it."},
		"a refusal": {&sal.NotWrittenError{Topic: topic}, false, commander.Refused, "LOVE CSC could not stablish connection"},
		"too late": {nil, true, commander.NotSent,
			"The SAL bus was not ready in time. The observing log was not written: see whether the brokers and the schema registry run."},
		"no answer of the broker": {errors.New("no answer within 5s"), false, commander.Unknown, "The commander gave no answer. " + commander.UnknownLog},
	} {
		t.Run(name, func(t *testing.T) {
			bus := lovetest.NewBus()
			d := sal.NewDomain(bus, sim.Definitions())
			defer d.Close()
			csc, err := lovecsc.New(t.Context(), d)
			require.NoError(t, err)
			before := len(bus.Published())
			bus.Fail(c.err)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if c.ended {
				cancel()
			}
			_, err = csc.WriteObservingLog(ctx, love.ObservingLog{User: "ana", Message: "x"})
			failed := commander.ErrorOf(err, commander.UnknownLog)
			require.Equal(t, c.kind, failed.Kind)
			require.Equal(t, c.text, failed.Text)
			require.Len(t, bus.Published(), before)
		})
	}
}

func TestATextThatIsNotUTF8IsRefusedAndNamed(t *testing.T) {
	withCSC(t, "evt_observingLog", func(t *testing.T, c *lovecsc.CSC, events <-chan *sal.Sample) {
		for field, l := range map[string]love.ObservingLog{
			"user":             {User: "an\xe1", Message: "x", Identity: "ana@summit"},
			"message":          {User: "ana", Message: "a\xffb"},
			"private_identity": {User: "ana", Message: "x", Identity: "an\xe1@summit"},
		} {
			_, err := c.WriteObservingLog(t.Context(), l)
			refused, ok := errors.AsType[*commander.Error](err)
			require.True(t, ok, field)
			require.Equal(t, commander.Refused, refused.Kind)
			require.Contains(t, refused.Text, "field "+field+": takes a text in UTF-8")
		}
		const half = `{"category":"love_csc","data":[{"csc":"love","salindex":0,"data":{"observingLog":{"user":"ana","message":"a\ud800b"}}}]}`
		require.ErrorContains(t, c.Receive(t.Context(), []byte(half)), `the text of "message" has \ud800`)
		synctest.Wait()
		require.Empty(t, events)
	})
}
