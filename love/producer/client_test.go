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
)

// link is a Transport that a test connects and cuts.
type link struct {
	recorder
	connect    func(context.Context) error
	disconnect func()
	receive    func(context.Context, []byte)
}

func (l *link) OnConnect(f func(context.Context) error)     { l.connect = f }
func (l *link) OnDisconnect(f func())                       { l.disconnect = f }
func (l *link) Flush(context.Context) error                 { return nil }
func (l *link) OnMessage(f func(context.Context, []byte))   { l.receive = f }
func (l *link) TrySend(_ context.Context, msg []byte) error { return l.record(msg) }
func (l *link) Run(ctx context.Context) error               { <-ctx.Done(); return nil }

// asks sends a request to the producers.
func (l *link) asks(t *testing.T, csc, stream string) {
	l.receive(t.Context(), fmt.Appendf(nil, `{"category":"initial_state","data":[{"csc":%q,"salindex":0,"data":{"event_name":%q}}]}`, csc, stream))
}

// actor is a Producer whose behaviour a test chooses.
type actor struct {
	*producer.Base
	run func(ctx context.Context, to producer.Sender) error
	ask func(ctx context.Context) error
	// tell is asked for initial data.
	tell func(ctx context.Context) error
}

func (a actor) InitialData(ctx context.Context, to producer.Sender) error {
	if a.tell == nil {
		return a.Base.InitialData(ctx, to)
	}
	return a.tell(ctx)
}

func (a actor) Run(ctx context.Context, to producer.Sender) error {
	if a.run == nil {
		return a.Base.Run(ctx, to)
	}
	return a.run(ctx, to)
}

func (a actor) HandleRequest(ctx context.Context, r producer.Request, to producer.Sender) error {
	if a.ask == nil {
		return a.Base.HandleRequest(ctx, r, to)
	}
	return a.ask(ctx)
}

func knowing(t *testing.T, csc string) *producer.Base {
	b := producer.NewBase(csc)
	require.NoError(t, b.Publish(t.Context(), object{"name": "state", "csc": csc}))
	return b
}

// playClient runs a client of some producers in a bubble; f plays.
func playClient(t *testing.T, f func(t *testing.T, c *producer.Client, l *link), producers func(*testing.T) []producer.Producer, opts ...producer.ClientOption) {
	synctest.Test(t, func(t *testing.T) {
		l := &link{}
		c := producer.NewClient(l, opts...)
		for _, p := range producers(t) {
			c.Add(p)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- c.Run(ctx) }()
		synctest.Wait()
		f(t, c, l)
		cancel()
		require.NoError(t, <-ended)
	})
}

func twoRacks(t *testing.T) []producer.Producer {
	return []producer.Producer{knowing(t, "A"), knowing(t, "B")}
}

// kinds shortens messages to what they are about.
func kinds(t *testing.T, sent []sent) (out []string) {
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
	subscribed = []string{"subscribe all", "subscribe A", "subscribe B"}
	greeting   = append(subscribed[:3:3], "data of A", "data of B")
)

func TestEachConnectionBeginsWithSubscriptionsAndInitialData(t *testing.T) { // C-REREG, C-ORDER
	playClient(t, func(t *testing.T, _ *producer.Client, l *link) {
		for range 3 {
			require.NoError(t, l.connect(t.Context()))
			got := kinds(t, l.take())
			require.Equal(t, subscribed, got[:3])
			require.ElementsMatch(t, greeting, got)
			time.Sleep(time.Second)
		}
	}, twoRacks)
}

func TestSubscriptionsAreRepeatedEveryMinuteFromTheConnectionOn(t *testing.T) {
	playClient(t, func(t *testing.T, _ *producer.Client, l *link) {
		time.Sleep(50 * time.Second)
		require.NoError(t, l.connect(t.Context()))
		l.take()
		time.Sleep(time.Minute - 1)
		synctest.Wait()
		require.Empty(t, l.take())
		for range 3 {
			time.Sleep(time.Minute)
			synctest.Wait()
			require.Equal(t, subscribed, kinds(t, l.take()))
		}
		l.failWith(errors.New("slow")) // C-LOOP: an error does not repeat at once
		time.Sleep(time.Minute)
		l.failWith(nil)
		time.Sleep(time.Minute)
		synctest.Wait()
		require.Equal(t, subscribed, kinds(t, l.take()))
	}, twoRacks)
}

func TestAConnectionWithoutSubscriptionsIsNone(t *testing.T) {
	playClient(t, func(t *testing.T, _ *producer.Client, l *link) {
		l.failWith(client.ErrNotConnected)
		require.ErrorIs(t, l.connect(t.Context()), client.ErrNotConnected)
	}, twoRacks)
}

func TestRequestsReachTheProducerTheyAreFor(t *testing.T) {
	playClient(t, func(t *testing.T, _ *producer.Client, l *link) {
		require.NoError(t, l.connect(t.Context()))
		l.take()
		l.asks(t, "B", "state")
		l.asks(t, "C", "state")
		l.receive(t.Context(), []byte(`{"data":"Successfully subscribed to initial_state-all-all-all"}`))
		l.receive(t.Context(), []byte(`garbage`))
		synctest.Wait()
		require.Equal(t, []string{"data of B"}, kinds(t, l.take()))
	}, twoRacks)
}

func TestAProducerThatFailsOrHangsDoesNotAffectTheOthers(t *testing.T) {
	var told bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&told, nil))
	playClient(t, func(t *testing.T, c *producer.Client, l *link) {
		require.NoError(t, l.connect(t.Context()))
		require.Equal(t, []string{"subscribe all", "subscribe broken", "subscribe stuck", "subscribe A", "data of A"}, kinds(t, l.take()))
		for range 300 {
			l.asks(t, "A", "state")
			synctest.Wait()
		}
		require.Len(t, l.take(), 300, "A answers all")
		require.Equal(t, producer.Dropped{Requests: 300 - 256 - 1}, c.Dropped(), "the stuck one's, beyond the one it is at")
		require.Contains(t, told.String(), "out of order")
	}, func(t *testing.T) []producer.Producer {
		return []producer.Producer{
			actor{
				Base: producer.NewBase("broken"),
				run:  func(context.Context, producer.Sender) error { return errors.New("out of order") },
				ask:  func(context.Context) error { return errors.New("no answer") },
			},
			actor{
				Base: producer.NewBase("stuck"),
				ask:  func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() },
			},
			knowing(t, "A"),
		}
	}, producer.WithLogger(logger))
}

func TestAProducerThatHangsInItsInitialDataKeepsNobodyElseBack(t *testing.T) {
	playClient(t, func(t *testing.T, c *producer.Client, l *link) {
		connection, cut := context.WithCancel(t.Context())
		connected := make(chan error, 1)
		go func() { connected <- l.connect(connection) }()
		synctest.Wait()
		require.Equal(t, []string{"subscribe all", "subscribe stuck", "subscribe A", "data of A"}, kinds(t, l.take()))
		l.asks(t, "A", "state")
		synctest.Wait()
		require.Equal(t, []string{"data of A"}, kinds(t, l.take()))
		cut()
		require.Error(t, <-connected, "it hangs no longer than the connection is there")
	}, func(t *testing.T) []producer.Producer {
		return []producer.Producer{
			actor{Base: producer.NewBase("stuck"), tell: func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }},
			knowing(t, "A"),
		}
	})
}

func TestAPanicIsAnErrorOfItsProducer(t *testing.T) {
	var told bytes.Buffer
	logger := newLogger(&told)
	playClient(t, func(t *testing.T, _ *producer.Client, l *link) {
		require.NoError(t, l.connect(t.Context()))
		l.take()
		l.asks(t, "A", "state")
		time.Sleep(2 * time.Second)
		synctest.Wait()
		require.ElementsMatch(t, []string{"data of A", "data of polled"}, kinds(t, l.take()))
		for _, cause := range []string{"in Run", "in HandleRequest", "in InitialData", "in Poll"} {
			require.Contains(t, told.String(), "panic: "+cause)
		}
	}, func(t *testing.T) []producer.Producer {
		panics := func(cause string) func(context.Context) error {
			return func(context.Context) error { panic(cause) }
		}
		polled := producer.NewBase("polled", producer.WithLogger(logger))
		polled.RegisterPeriodic("event", func(context.Context) (any, error) { panic("in Poll") })
		polled.RegisterPeriodic("event", func(context.Context) (any, error) { return object{"csc": "polled"}, nil })
		return []producer.Producer{
			actor{
				Base: producer.NewBase("broken"),
				run:  func(context.Context, producer.Sender) error { panic("in Run") },
				ask:  panics("in HandleRequest"), tell: panics("in InitialData"),
			},
			polled, knowing(t, "A"),
		}
	}, producer.WithLogger(logger))
}

func TestOtherTroubleOfSendingIsTheSendersToKnow(t *testing.T) {
	playClient(t, func(t *testing.T, c *producer.Client, l *link) {
		require.NoError(t, l.connect(t.Context()))
		l.failWith(errors.New("another trouble"))
		require.ErrorContains(t, c.Send(t.Context(), producer.Data{}), "another trouble")
	}, twoRacks)
}

// pipe is a Conn whose other end a test holds.
type pipe struct {
	recorder
	in chan []byte
}

func (p *pipe) Send(_ context.Context, msg []byte) error { return p.record(msg) }

func (p *pipe) Receive(ctx context.Context) ([]byte, error) {
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
		conn := &pipe{in: make(chan []byte)}
		c := producer.NewClient(producer.InProcess(conn))
		c.Add(knowing(t, "A"))
		ended := make(chan error, 1)
		go func() { ended <- c.Run(t.Context()) }()
		synctest.Wait()
		require.Equal(t, []string{"subscribe all", "subscribe A", "data of A"}, kinds(t, conn.take()))
		conn.in <- []byte(`{"category":"initial_state","data":[{"csc":"A","salindex":0,"data":{"event_name":"state"}}]}`)
		synctest.Wait()
		require.Equal(t, []string{"data of A"}, kinds(t, conn.take()))
		close(conn.in)
		require.ErrorContains(t, <-ended, "hung up")
	})
}

func TestInProcessFailsWithItsConnectionAndEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn := &pipe{in: make(chan []byte)}
		conn.failWith(errors.New("closed"))
		c := producer.NewClient(producer.InProcess(conn))
		c.Add(knowing(t, "A"))
		require.ErrorContains(t, c.Run(t.Context()), "closed")

		ctx, cancel := context.WithCancel(t.Context())
		c = producer.NewClient(producer.InProcess(&pipe{in: conn.in}))
		ended := make(chan error, 1)
		go func() { ended <- c.Run(ctx) }()
		synctest.Wait()
		cancel()
		require.NoError(t, <-ended)
	})
}

// A websocket client is a transport as it is.
var _ producer.Transport = (*client.Client)(nil)
