package main

import (
	"context"
	"encoding/json"
	"net"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/commander/commanderhttp"
	"github.com/rubin-love/love-go/love/lovetest"
)

func setPower(params string) commander.Call {
	return commander.Call{Command: love.Command{
		CSC: "DewHeater", Name: "cmd_setPower", Params: json.RawMessage(params), Identity: "ana@summit",
	}}
}

func TestConformance(t *testing.T) {
	lovetest.RunCommander(t, func(*testing.T) lovetest.CommanderSetup {
		return lovetest.CommanderSetup{
			Commander: &dewHeater{},
			Succeeds:  setPower(`{"percent":40}`),
			Progress:  setPower(`{"percent":50}`),
			Refused:   setPower(`{"percent":400}`),
		}
	})
}

func TestAMissingParameterDoesNotCountAsZero(t *testing.T) {
	h := &dewHeater{percent: 40}
	_, err := h.Execute(t.Context(), setPower(`{}`))
	require.EqualError(t, err, "percent must be a whole number from 0 to 100")
	require.Equal(t, 40, h.percent)
}

func TestAManagerCanCommandTheHeater(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- serve(ctx, listener) }()

	manager, err := commanderhttp.New(listener.Addr().String())
	require.NoError(t, err)
	defer manager.Close()
	ack, err := manager.Execute(t.Context(), setPower(`{"percent":40}`))
	require.NoError(t, err)
	require.True(t, ack.Succeeded())
	_, err = manager.Heartbeat(t.Context())
	require.NoError(t, err, "the API has its own heartbeat")
	stop()
	require.NoError(t, <-ended)
}
