package main

import (
	"context"
	"encoding/json"
	"net"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/commander"
)

func TestAManagerCommandsTheHeater(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- serve(ctx, listener) }()

	manager, err := commander.NewHTTP(listener.Addr().String())
	require.NoError(t, err)
	defer manager.Close()
	for params, ack := range map[string]string{
		`{"percent":40}`:  love.Done,
		`{"percent":400}`: "percent is a whole number from 0 to 100.",
	} {
		r, err := manager.Execute(t.Context(), commander.Request{
			Body:     json.RawMessage(`{"csc":"DewHeater","salindex":0,"cmd":"cmd_setPower","params":` + params + `}`),
			Identity: "ana@summit",
		})
		require.NoError(t, err)
		var got love.Ack
		require.NoError(t, json.Unmarshal(r.Body, &got))
		require.Equal(t, ack, got.Text)
	}
	_, err = manager.Heartbeat(t.Context())
	require.NoError(t, err, "the API has a heartbeat of its own")
	stop()
	require.NoError(t, <-ended)
}
