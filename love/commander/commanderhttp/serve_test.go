package commanderhttp_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/pipenet"
	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/commander/commanderhttp"
)

func TestServe_WaitsForCommandsUnderWayWhenItEnds(t *testing.T) {
	for name, c := range map[string]struct {
		execute commander.Func
		ack     string
		after   time.Duration
	}{
		"one that ends in time": {func(context.Context, commander.Call) (love.Ack, error) {
			time.Sleep(3 * time.Second)
			return love.Ack{Text: love.Done}, nil
		}, love.Done, 2 * time.Second},
		"one that has to be ended": {func(ctx context.Context, _ commander.Call) (love.Ack, error) {
			<-ctx.Done()
			return love.Ack{}, ctx.Err()
		}, "The commander gave no answer. " + commander.UnknownOutcome, 4500 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				network := pipenet.New()
				ctx, stop := context.WithCancel(t.Context())
				ended := make(chan error)
				go func() {
					ended <- commanderhttp.Serve(ctx, network, commanderhttp.Backend{Commander: c.execute}, commanderhttp.WithTimeout(time.Hour))
				}()
				plain := &http.Client{Transport: &http.Transport{DialContext: network.DialContext}}
				time.AfterFunc(time.Second, stop)
				began := time.Now()
				a := ask(t, plain, "POST", "/cmd/", posted)
				plain.CloseIdleConnections()
				require.Equal(t, c.ack, ackOf(t, a))
				require.Equal(t, time.Second+c.after, time.Since(began))
				require.NoError(t, <-ended)
				require.Less(t, time.Since(began), time.Second+c.after+time.Second, "the last answer ends it")
				_, err := network.DialContext(t.Context(), "", "")
				require.Error(t, err, "it accepts no more requests")
			})
		})
	}
}

// deadListener fails.
type deadListener struct{ net.Listener }

func (deadListener) Accept() (net.Conn, error) { return nil, errors.New("no more files") }
func (deadListener) Close() error              { return nil }

func TestServe_ReturnsTheErrorOfItsListener(t *testing.T) {
	require.EqualError(t, commanderhttp.Serve(t.Context(), deadListener{}, commanderhttp.Backend{}), "serving: no more files")
}

func TestServe_RefusesARequestWithTwoLengths(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- commanderhttp.Serve(ctx, listener, commanderhttp.Backend{}) }()
	conn, err := net.Dial("tcp", listener.Addr().String())
	require.NoError(t, err)
	defer conn.Close()
	_, err = io.WriteString(conn, "POST /cmd/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n")
	require.NoError(t, err)
	answer, err := io.ReadAll(conn) // until it is closed
	require.NoError(t, err)
	require.Regexp(t, `^HTTP/1.1 400 [^\n]*\nX-Content-Type-Options: nosniff\r\n`, string(answer))
	stop()
	require.NoError(t, <-ended)
}
