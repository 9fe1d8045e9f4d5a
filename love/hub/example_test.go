package hub_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/hub"
)

// A hub is an http.Handler: put it where the clients look for it.
func Example() {
	h := hub.New(hub.WithGate(hub.GateFunc(func(r *http.Request) (auth.Principal, error) {
		return auth.Principal{Process: true}, nil // everybody may publish: for an example only
	})))
	mux := http.NewServeMux()
	mux.Handle("/manager/ws/subscription", h)
	server := httptest.NewServer(mux)
	defer server.Close()
	defer func() { _ = h.Shutdown(context.Background()) }()

	fmt.Println(h.Stats().Sessions, "sessions")
	// Output: 0 sessions
}

// Within the process, Local takes the place of a websocket.
func ExampleHub_Local() {
	ctx := context.Background()
	h := hub.New(hub.WithTracing(false))
	defer func() { _ = h.Shutdown(ctx) }()
	c := h.Local(auth.Principal{Process: true})
	defer func() { _ = c.Close() }()

	_ = c.Send(ctx, []byte(`{"option":"subscribe","category":"telemetry","csc":"ATDome","salindex":0,"stream":"position"}`))
	_ = c.Send(ctx, []byte(`{"category":"telemetry","data":[{"csc":"ATDome","salindex":0,"data":{"position":{"azimuthPosition":{"value":90.0}}}}]}`))
	for range 2 {
		m, _ := c.Receive(ctx)
		fmt.Printf("%s\n", m)
	}
	// Output:
	// {"data":"Successfully subscribed to telemetry-ATDome-0-position"}
	// {"category":"telemetry","data":[{"csc":"ATDome","salindex":0,"data":{"position":{"azimuthPosition":{"value":90.0}}}}],"subscription":"telemetry-ATDome-0-position"}
}
