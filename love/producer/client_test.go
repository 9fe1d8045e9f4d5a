package producer_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/client"
	"github.com/rubin-love/love-go/love/producer"
	"github.com/rubin-love/love-go/love/sal"
)

// fakeTransport is a Transport that a test connects and disconnects.
type fakeTransport struct {
	recorder
	connect    func(context.Context) error
	disconnect func()
	receive    func(context.Context, []byte)
}

func (tr *fakeTransport) OnConnect(f func(context.Context) error)     { tr.connect = f }
func (tr *fakeTransport) OnDisconnect(f func())                       { tr.disconnect = f }
func (tr *fakeTransport) Flush(context.Context) error                 { return nil }
func (tr *fakeTransport) OnMessage(f func(context.Context, []byte))   { tr.receive = f }
func (tr *fakeTransport) TrySend(_ context.Context, msg []byte) error { return tr.record(msg) }
func (tr *fakeTransport) Run(ctx context.Context) error               { <-ctx.Done(); return nil }

// request sends a request to the producers.
func (tr *fakeTransport) request(t *testing.T, csc, stream string) {
	tr.receive(t.Context(), fmt.Appendf(nil, `{"category":"initial_state","data":[{"csc":%q,"salindex":0,"data":{"event_name":%q}}]}`, csc, stream))
}

// fakeProducer is a Producer whose behaviour a test chooses.
type fakeProducer struct {
	*producer.Base
	run           func(ctx context.Context, to producer.Sender) error // nil for the Base's
	handleRequest func(ctx context.Context) error                     // nil for the Base's
	initialData   func(ctx context.Context) error                     // nil for the Base's
}

func (p fakeProducer) InitialData(ctx context.Context, to producer.Sender) error {
	if p.initialData == nil {
		return p.Base.InitialData(ctx, to)
	}
	return p.initialData(ctx)
}

func (p fakeProducer) Run(ctx context.Context, to producer.Sender) error {
	if p.run == nil {
		return p.Base.Run(ctx, to)
	}
	return p.run(ctx, to)
}

func (p fakeProducer) HandleRequest(ctx context.Context, r producer.Request, to producer.Sender) error {
	if p.handleRequest == nil {
		return p.Base.HandleRequest(ctx, r, to)
	}
	return p.handleRequest(ctx)
}

// newStored returns a producer that has stored an object.
func newStored(t *testing.T, csc string) *producer.Base {
	b := producer.NewBase(csc)
	require.NoError(t, b.Publish(t.Context(), complete(object{"name": "state", "csc": csc})))
	return b
}

// runClient runs a client of some producers in a bubble while f runs.
func runClient(t *testing.T, f func(t *testing.T, c *producer.Client, tr *fakeTransport), producers func(*testing.T) []producer.Producer, opts ...producer.ClientOption) {
	synctest.Test(t, func(t *testing.T) {
		tr := &fakeTransport{}
		c := producer.NewClient(tr, opts...)
		for _, p := range producers(t) {
			c.Add(p)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- c.Run(ctx) }()
		synctest.Wait()
		f(t, c, tr)
		cancel()
		require.NoError(t, <-ended)
	})
}

func twoRacks(t *testing.T) []producer.Producer {
	return []producer.Producer{newStored(t, "A"), newStored(t, "B")}
}

// summaries shortens messages to what they are about.
func summaries(t *testing.T, sent []sent) (out []string) {
	for _, s := range sent {
		m := decode(t, s.msg).(map[string]any)
		if m["option"] != nil {
			out = append(out, fmt.Sprint(m["option"], " ", m["csc"]))
		} else {
			out = append(out, fmt.Sprint("data of ", m["data"].([]any)[0].(map[string]any)["csc"]))
		}
	}
	return out
}

var (
	subscribed      = []string{"subscribe all", "subscribe A", "subscribe B"}
	connectMessages = append(subscribed[:3:3], "data of A", "data of B")
)

func TestEachConnectionBeginsWithSubscriptionsAndInitialData(t *testing.T) { // C-REREG, C-ORDER
	runClient(t, func(t *testing.T, _ *producer.Client, tr *fakeTransport) {
		for range 3 {
			require.NoError(t, tr.connect(t.Context()))
			got := summaries(t, tr.take())
			require.Equal(t, subscribed, got[:3])
			require.ElementsMatch(t, connectMessages, got)
			time.Sleep(time.Second)
		}
	}, twoRacks)
}

func TestSubscriptionsAreRepeatedEveryMinuteFromTheConnectionOn(t *testing.T) {
	runClient(t, func(t *testing.T, _ *producer.Client, tr *fakeTransport) {
		time.Sleep(50 * time.Second)
		require.NoError(t, tr.connect(t.Context()))
		tr.take()
		time.Sleep(time.Minute - 1)
		synctest.Wait()
		require.Empty(t, tr.take())
		for range 3 {
			time.Sleep(time.Minute)
			synctest.Wait()
			require.Equal(t, subscribed, summaries(t, tr.take()))
		}
		tr.failWith(errors.New("slow")) // C-LOOP: an error does not repeat at once
		time.Sleep(time.Minute)
		tr.failWith(nil)
		time.Sleep(time.Minute)
		synctest.Wait()
		require.Equal(t, subscribed, summaries(t, tr.take()))
	}, twoRacks)
}

func TestAConnectionFailsIfSubscribingFails(t *testing.T) {
	runClient(t, func(t *testing.T, _ *producer.Client, tr *fakeTransport) {
		tr.failWith(client.ErrNotConnected)
		require.ErrorIs(t, tr.connect(t.Context()), client.ErrNotConnected)
	}, twoRacks)
}

func TestRequestsReachTheProducerTheyAreFor(t *testing.T) {
	runClient(t, func(t *testing.T, _ *producer.Client, tr *fakeTransport) {
		require.NoError(t, tr.connect(t.Context()))
		tr.take()
		tr.request(t, "B", "state")
		tr.request(t, "C", "state")
		tr.receive(t.Context(), []byte(`{"data":"Successfully subscribed to initial_state-all-all-all"}`))
		tr.receive(t.Context(), []byte(`garbage`))
		synctest.Wait()
		require.Equal(t, []string{"data of B"}, summaries(t, tr.take()))
	}, twoRacks)
}

func TestAProducerThatFailsOrHangsDoesNotAffectTheOthers(t *testing.T) {
	var logged bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&logged, nil))
	runClient(t, func(t *testing.T, c *producer.Client, tr *fakeTransport) {
		require.NoError(t, tr.connect(t.Context()))
		require.Equal(t, []string{"subscribe all", "subscribe broken", "subscribe stuck", "subscribe A", "data of A"}, summaries(t, tr.take()))
		for range 300 {
			tr.request(t, "A", "state")
			synctest.Wait()
		}
		require.Len(t, tr.take(), 300, "A answers all")
		require.Equal(t, producer.Dropped{Requests: 300 - 256 - 1}, c.Dropped(), "those of the stuck producer, except for the one that it handles")
		require.Contains(t, logged.String(), "out of order")
	}, func(t *testing.T) []producer.Producer {
		return []producer.Producer{
			fakeProducer{
				Base:          producer.NewBase("broken"),
				run:           func(context.Context, producer.Sender) error { return errors.New("out of order") },
				handleRequest: func(context.Context) error { return errors.New("no answer") },
			},
			fakeProducer{
				Base:          producer.NewBase("stuck"),
				handleRequest: func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() },
			},
			newStored(t, "A"),
		}
	}, producer.WithLogger(logger))
}

func TestAProducerThatHangsInItsInitialDataDoesNotDelayTheOthers(t *testing.T) {
	runClient(t, func(t *testing.T, c *producer.Client, tr *fakeTransport) {
		connection, disconnect := context.WithCancel(t.Context())
		connected := make(chan error, 1)
		go func() { connected <- tr.connect(connection) }()
		synctest.Wait()
		require.Equal(t, []string{"subscribe all", "subscribe stuck", "subscribe A", "data of A"}, summaries(t, tr.take()))
		tr.request(t, "A", "state")
		synctest.Wait()
		require.Equal(t, []string{"data of A"}, summaries(t, tr.take()))
		disconnect()
		require.Error(t, <-connected, "it hangs only until the connection ends")
	}, func(t *testing.T) []producer.Producer {
		return []producer.Producer{
			fakeProducer{Base: producer.NewBase("stuck"), initialData: func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }},
			newStored(t, "A"),
		}
	})
}

func TestAPanicIsAnErrorOfItsProducer(t *testing.T) {
	var logged bytes.Buffer
	logger := newLogger(&logged)
	runClient(t, func(t *testing.T, _ *producer.Client, tr *fakeTransport) {
		require.NoError(t, tr.connect(t.Context()))
		tr.take()
		tr.request(t, "A", "state")
		time.Sleep(2 * time.Second)
		synctest.Wait()
		require.ElementsMatch(t, []string{"data of A", "data of polled"}, summaries(t, tr.take()))
		for _, cause := range []string{"in Run", "in HandleRequest", "in InitialData", "in Poll"} {
			require.Contains(t, logged.String(), "panic: "+cause)
		}
	}, func(t *testing.T) []producer.Producer {
		panics := func(cause string) func(context.Context) error {
			return func(context.Context) error { panic(cause) }
		}
		polled := producer.NewBase("polled", producer.WithLogger(logger))
		polled.RegisterPeriodic("event", func(context.Context) (any, error) { panic("in Poll") })
		polled.RegisterPeriodic("event", func(context.Context) (any, error) { return complete(object{"csc": "polled"}), nil })
		return []producer.Producer{
			fakeProducer{
				Base:          producer.NewBase("broken"),
				run:           func(context.Context, producer.Sender) error { panic("in Run") },
				handleRequest: panics("in HandleRequest"), initialData: panics("in InitialData"),
			},
			polled, newStored(t, "A"),
		}
	}, producer.WithLogger(logger))
}

func TestOtherErrorsOfSendingAreReturned(t *testing.T) {
	runClient(t, func(t *testing.T, c *producer.Client, tr *fakeTransport) {
		require.NoError(t, tr.connect(t.Context()))
		tr.failWith(errors.New("another error"))
		require.ErrorContains(t, c.Send(t.Context(), numbered("event", "A", "state", 1)), "another error")
	}, twoRacks)
}

// fakeConn is a Conn whose other end a test holds.
type fakeConn struct {
	recorder
	in chan []byte
}

func (p *fakeConn) Send(_ context.Context, msg []byte) error { return p.record(msg) }

func (p *fakeConn) Receive(ctx context.Context) ([]byte, error) {
	select {
	case msg, ok := <-p.in:
		if !ok {
			return nil, errors.New("hung up")
		}
		return msg, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func TestAHubInTheSameProgramNeedsNoSocket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn := &fakeConn{in: make(chan []byte)}
		c := producer.NewClient(producer.InProcess(conn))
		c.Add(newStored(t, "A"))
		ended := make(chan error, 1)
		go func() { ended <- c.Run(t.Context()) }()
		synctest.Wait()
		require.Equal(t, []string{"subscribe all", "subscribe A", "data of A"}, summaries(t, conn.take()))
		conn.in <- []byte(`{"category":"initial_state","data":[{"csc":"A","salindex":0,"data":{"event_name":"state"}}]}`)
		synctest.Wait()
		require.Equal(t, []string{"data of A"}, summaries(t, conn.take()))
		close(conn.in)
		require.ErrorContains(t, <-ended, "hung up")
	})
}

func TestInProcessFailsWithItsConnectionAndEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn := &fakeConn{in: make(chan []byte)}
		conn.failWith(errors.New("closed"))
		c := producer.NewClient(producer.InProcess(conn))
		c.Add(newStored(t, "A"))
		require.ErrorContains(t, c.Run(t.Context()), "closed")

		ctx, cancel := context.WithCancel(t.Context())
		c = producer.NewClient(producer.InProcess(&fakeConn{in: conn.in}))
		ended := make(chan error, 1)
		go func() { ended <- c.Run(ctx) }()
		synctest.Wait()
		cancel()
		require.NoError(t, <-ended)
	})
}

// A websocket client is a transport as it is.
var _ producer.Transport = (*client.Client)(nil)

func TestAClientMakesProducersByNameAndType(t *testing.T) {
	w := newFixture(t)
	f := producer.NewFactory(w.domain)
	c := producer.NewClient(&fakeTransport{})
	made, err := c.Create(t.Context(), f, "Dome", "Hexapod:1", "Rack")
	require.NoError(t, err)
	require.Equal(t, []string{"Dome", "Hexapod:1", "Rack"}, []string{made[0].Name(), made[1].Name(), made[2].Name()})
	p, err := c.CreateType(t.Context(), f, producer.TypeBase, "Rack")
	require.NoError(t, err)
	require.Equal(t, "Rack", p.Name())
	_, err = c.CreateType(t.Context(), f, "no", "Rack")
	require.ErrorIs(t, err, producer.ErrUnknown)
	_, err = c.Create(t.Context(), f, "Dome", "Dome:9")
	require.ErrorIs(t, err, sal.ErrIndex)
	require.NoError(t, w.domain.Close())
}
