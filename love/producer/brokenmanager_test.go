package producer_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gobwas/ws"
	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/client"
	"github.com/rubin-love/love-go/love/producer"
)

// runWithManager runs a client that is connected to a manager while f runs.
func runWithManager(t *testing.T, f func(t *testing.T, s *wsServer, c *producer.Client)) {
	synctest.Test(t, func(t *testing.T) {
		s := &wsServer{mode: "accept", closing: make(chan struct{})}
		manager, err := client.New("ws://manager", client.WithProcessPassword("secret"), client.WithDialer(s.dial))
		require.NoError(t, err)
		c := producer.NewClient(manager)
		c.Add(newStored(t, "A"))
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- c.Run(ctx) }()
		synctest.Wait()
		f(t, s, c)
		cancel()
		require.NoError(t, <-ended)
		close(s.closing)
		s.serving.Wait()
	})
}

func TestNothingIsLostWhenAManagerStopsReading(t *testing.T) { // C-PING
	runWithManager(t, func(t *testing.T, s *wsServer, c *producer.Client) {
		s.set("silent")
		require.NoError(t, s.send(ws.NewCloseFrame(ws.NewCloseFrameBody(1001, ""))))
		synctest.Wait()
		sent := make(chan error, 1)
		go func() { sent <- c.Send(context.Background(), numbered("event", "B", "state", 1)) }()
		s.set("accept")
		began := time.Now()
		require.NoError(t, <-sent)
		require.LessOrEqual(t, time.Since(began), 10*time.Second, "each write has a deadline")
		time.Sleep(30 * time.Second)
		synctest.Wait()
		require.Contains(t, s.take(), string(numbered("event", "B", "state", 1).JSON))
	})
}

func TestAManagerThatDisappearsWithinAFrameIsDialledAgain(t *testing.T) {
	runWithManager(t, func(t *testing.T, s *wsServer, c *producer.Client) {
		s.set("half_frame")
		require.NoError(t, s.send(ws.NewCloseFrame(ws.NewCloseFrameBody(1001, ""))))
		time.Sleep(time.Minute)
		s.set("accept")
		require.NoError(t, c.Send(t.Context(), numbered("event", "B", "state", 1)))
		time.Sleep(time.Second)
		synctest.Wait()
		require.Contains(t, s.take(), string(numbered("event", "B", "state", 1).JSON))
	})
}

func TestMessagesThatAreNotRequestsAreIgnored(t *testing.T) { // C-FATAL
	runWithManager(t, func(t *testing.T, s *wsServer, _ *producer.Client) {
		s.take()
		for _, f := range []ws.Frame{
			ws.NewTextFrame([]byte(`not json`)), ws.NewTextFrame([]byte(`[]`)), ws.NewTextFrame(nil), ws.NewTextFrame([]byte("\xff")),
			ws.NewTextFrame([]byte(`{"category":"initial_state"}`)), ws.NewTextFrame([]byte(`{"category":"initial_state","data":[]}`)),
			ws.NewTextFrame([]byte(`{"category":"initial_state","data":[7]}`)), ws.NewTextFrame([]byte(`{"category":"initial_state","data":[{"csc":7}]}`)),
			ws.NewTextFrame([]byte(`{"category":"initial_state","data":[{"csc":"A","salindex":{},"data":{"event_name":"state"}}]}`)),
			ws.NewBinaryFrame([]byte{1, 2}), ws.NewPongFrame([]byte("12345678")),
			ws.NewTextFrame([]byte(`{"category":"initial_state","data":[{"csc":"A","salindex":0,"data":{"event_name":"state"}}]}`)),
		} {
			require.NoError(t, s.send(f))
		}
		synctest.Wait()
		require.Len(t, s.take(), 1, "the answer to the last one, over the same connection")
	})
}
