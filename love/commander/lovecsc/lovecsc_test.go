package lovecsc_test

import (
	"context"
	"encoding/json"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/commander/lovecsc"
	"github.com/rubin-love/love-go/love/sal"
)

// inBubble runs body with a LOVE CSC; heard are its events of one topic.
func inBubble(t *testing.T, topic string, body func(t *testing.T, c *lovecsc.CSC, heard <-chan *sal.Sample)) {
	synctest.Test(t, func(t *testing.T) {
		d := newDomain(t)
		c, err := lovecsc.New(t.Context(), d)
		require.NoError(t, err)
		r, err := d.Remote(t.Context(), "LOVE", 0)
		require.NoError(t, err)
		heard := make(chan *sal.Sample, 100)
		_, err = r.Subscribe(topic, func(s *sal.Sample) { heard <- s })
		require.NoError(t, err)
		body(t, c, heard)
		require.NoError(t, c.Close())
	})
}

func logOf(body string) commander.ObservingLog {
	return commander.ObservingLog{Body: json.RawMessage(body)}
}

func TestTheSameTextTwiceIsTwoEventsOfTheSender(t *testing.T) {
	inBubble(t, "evt_observingLog", func(t *testing.T, c *lovecsc.CSC, heard <-chan *sal.Sample) {
		for range 2 {
			r, err := c.WriteObservingLog(t.Context(), logOf(`{"user":"ana","message":"añ, NaN"}`))
			require.NoError(t, err)
			require.Equal(t, commander.AckReply(200, "Added new observing log to SAL"), r)
			s := <-heard
			require.Equal(t, "ana", s.Text("user"))
			require.Equal(t, "añ, NaN", s.Text("message"))
			require.Equal(t, "ana", s.Identity())
		}
		synctest.Wait()
		require.Empty(t, heard)
	})
}

func TestIdentityOfTheSenderIsThatOfTheLogIfKnown(t *testing.T) {
	inBubble(t, "evt_observingLog", func(t *testing.T, c *lovecsc.CSC, heard <-chan *sal.Sample) {
		_, err := c.WriteObservingLog(t.Context(), commander.ObservingLog{Body: json.RawMessage(`{"user":"ana","message":""}`), Identity: "ana@summit"})
		require.NoError(t, err)
		require.Equal(t, "ana@summit", (<-heard).Identity())
		_, err = c.WriteObservingLog(t.Context(), logOf(`{"user":"","message":"nobody"}`))
		require.NoError(t, err)
		require.Equal(t, "LOVE", (<-heard).Identity())
	})
}

func TestWhatIsNoObservingLogIsRefused(t *testing.T) {
	inBubble(t, "evt_observingLog", func(t *testing.T, c *lovecsc.CSC, heard <-chan *sal.Sample) {
		for _, body := range []string{`{"user":"ana"}`, `{"message":"x"}`, `{"user":1,"message":"x"}`, `[]`, `null`} {
			r, err := c.WriteObservingLog(t.Context(), logOf(body))
			require.NoError(t, err)
			require.Equal(t, commander.AckReply(400, "Request must have JSON data with the following keys: user, message. Received "+body), r)
		}
		require.Empty(t, heard)
	})
}

func TestWithoutABusTheAnswerIsThatOfAConnectionThatIsMissing(t *testing.T) {
	inBubble(t, "evt_observingLog", func(t *testing.T, c *lovecsc.CSC, _ <-chan *sal.Sample) {
		require.NoError(t, c.Close())
		r, err := c.WriteObservingLog(t.Context(), logOf(`{"user":"ana","message":"x"}`))
		require.NoError(t, err)
		require.Equal(t, commander.AckReply(400, "LOVE CSC could not stablish connection"), r)
		require.ErrorIs(t, c.Run(t.Context()), sal.ErrClosed)
	})
}

func TestHeartbeatComesEverySecond(t *testing.T) {
	inBubble(t, "evt_heartbeat", func(t *testing.T, c *lovecsc.CSC, heard <-chan *sal.Sample) {
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- c.Run(ctx) }()
		start := time.Now()
		for i := range 3 {
			<-heard
			require.Equal(t, time.Duration(i)*time.Second, time.Since(start))
		}
		stop()
		require.NoError(t, <-ended)
	})
}

func TestMessagesOfTheWebsocketBecomeEvents(t *testing.T) {
	inBubble(t, "evt_observingLog", func(t *testing.T, c *lovecsc.CSC, heard <-chan *sal.Sample) {
		require.Equal(t, "love_csc-love-0-observingLog", lovecsc.Group().String())
		require.NoError(t, c.Receive(t.Context(), []byte(`{"category":"love_csc","data":[{"csc":"love","salindex":0,`+
			`"data":{"observingLog":{"user":"ana","message":"x"},"other":1}}],"subscription":"love_csc-love-0-observingLog"}`)))
		s := <-heard
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
		require.Empty(t, heard)
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
