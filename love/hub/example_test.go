package hub_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/hub"
)

// A hub with a log-in of its own, at the path where LOVE's clients expect it.
func Example() {
	tokens := map[string]string{"a-secret-token": "ada"}
	gate := hub.GateFunc(func(r *http.Request) (auth.Principal, error) {
		token := r.URL.Query().Get("token")
		user, known := tokens[token]
		if !known {
			return auth.Principal{}, errors.New("the token is unknown: log in again")
		}
		return auth.Principal{User: auth.User{Username: user}, TokenID: token}, nil
	})

	h := hub.New(hub.WithGate(gate))
	mux := http.NewServeMux()
	mux.Handle("/manager/ws/subscription", h)
	server := &http.Server{Addr: "localhost:8000", Handler: mux}
	go func() { log.Print(server.ListenAndServe()) }()

	// At the end of the program:
	ctx := context.Background()
	_ = h.Shutdown(ctx) // the websockets
	_ = server.Shutdown(ctx)
}

// Within the program neither a socket nor a credential is needed.
func ExampleHub_Subscribe() {
	ctx := context.Background()
	h := hub.New(hub.WithTracing(false))
	defer func() { _ = h.Shutdown(ctx) }()

	position := love.StreamGroup(love.CategoryTelemetry, "ATDome", 0, "position")
	messages := h.Subscribe(ctx, position)
	err := h.Publish(ctx, love.Message{
		Category: love.CategoryTelemetry,
		Data: []love.Item{{CSC: "ATDome", Streams: []love.Stream{
			{Name: "position", Value: love.RawValue(`{"azimuthPosition":{"value":90.0,"dataType":"Float","units":"deg"}}`)},
		}}},
	})
	if err != nil {
		fmt.Println(err)
	}
	for d, err := range messages {
		if err != nil {
			fmt.Println(err) // ctx or the hub has ended
			return
		}
		var dome struct {
			Azimuth float64 `love:"azimuthPosition,deg"`
		}
		if err := d.Decode("position", &dome); err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(d.Group, "azimuth", dome.Azimuth)
		break // leaves the group
	}
	// Output: telemetry-ATDome-0-position azimuth 90
}

// A subscription may begin with the last value of each stream.
func ExampleHub_Publish() {
	ctx := context.Background()
	h := hub.New(hub.WithTracing(false))
	defer func() { _ = h.Shutdown(ctx) }()
	err := h.Publish(ctx, love.Message{
		Category: love.CategoryEvent,
		Data:     []love.Item{{CSC: "ATDome", Streams: []love.Stream{{Name: "summaryState", Value: love.RawValue(`[{"summaryState":{"value":2}}]`)}}}},
	})
	if err != nil {
		fmt.Println(err)
	}
	state := love.StreamGroup(love.CategoryEvent, "ATDome", 0, "summaryState")
	for d := range h.SubscribeWith(ctx, love.SubscribeOptions{Snapshot: true}, state) {
		fmt.Printf("%s\n", d.Raw)
		break
	}
	// Output:
	// {"category":"event","data":[{"csc":"ATDome","salindex":0,"data":{"summaryState":[{"summaryState":{"value":2}}]}}],"subscription":"event-ATDome-0-summaryState","snapshot":true}
}

// Local takes the place of a websocket: the same messages, without a network.
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
