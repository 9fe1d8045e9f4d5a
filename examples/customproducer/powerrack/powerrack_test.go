package powerrack_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/examples/customproducer/powerrack"
	"github.com/rubin-love/love-go/love/client"
	"github.com/rubin-love/love-go/love/lovetest"
	"github.com/rubin-love/love-go/love/producer"
)

func TestTheRackIsPublished(t *testing.T) {
	var answer atomic.Value
	answer.Store(`{"volts":[12.1,4.9],"alarm":false}`)
	supplies := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(answer.Load().(string)))
	}))
	defer supplies.Close()
	manager := lovetest.NewManager(t)

	connection, err := client.New(manager.URL, client.WithProcessPassword(manager.Password))
	require.NoError(t, err)
	c := producer.NewClient(connection)
	c.Add(powerrack.New(supplies.URL, producer.WithPeriod(20*time.Millisecond)))
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx) }()

	power := manager.Next("telemetry-PowerRack-1-power")
	require.JSONEq(t, `{"volts":{"value":[12.1,4.9],"dataType":"Array<Float>","units":"V"}}`, string(power.Data[0].Streams[0].Value))
	const on = `[{"on":{"value":true,"dataType":"Int","units":"unitless"}}]`
	answer.Store(`{"volts":[12.1,0.0],"alarm":true}`)
	require.JSONEq(t, on, string(manager.Next("event-PowerRack-1-alarm").Data[0].Streams[0].Value))

	manager.Watch("event-PowerRack-1-alarm") // a page is opened, so the event is sent again
	require.JSONEq(t, on, string(manager.Next("event-PowerRack-1-alarm").Data[0].Streams[0].Value))

	answer.Store(`garbage`) // an error; the next poll is made all the same
	manager.Kill()
	answer.Store(`{"volts":[12.1,4.9],"alarm":false}`)
	manager.Start()
	for string(manager.Next("event-PowerRack-1-alarm").Data[0].Streams[0].Value) == on {
		continue
	}
	cancel()
	require.NoError(t, <-ended)
}
