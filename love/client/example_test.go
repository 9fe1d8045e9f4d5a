package client_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/client"
	"github.com/rubin-love/love-go/love/hub"
)

// Log in and watch a telemetry stream, whatever happens to the connection.
func Example() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	const url = "http://localhost:8000"

	login, err := client.Login(ctx, url, "user", "the password")
	if err != nil {
		log.Fatal(err)
	}
	c, err := client.New(url, client.WithToken(login.Token))
	if err != nil {
		log.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx) }()

	for d, err := range c.Subscribe(ctx, love.StreamGroup(love.CategoryTelemetry, "ATDome", 0, "position")) {
		if err != nil {
			log.Fatal(err)
		}
		var dome struct {
			Azimuth float64 `love:"azimuthPosition,deg"`
		}
		if err := d.Decode("position", &dome); err != nil {
			log.Fatal(err)
		}
		fmt.Println(dome.Azimuth)
	}
	cancel()
	if err := <-ended; err != nil {
		log.Fatal(err)
	}
}

// A process, which needs no log-in, publishes to itself.
func ExampleClient_Send() {
	// In the place of a manager, a hub that admits everybody as a process:
	h := hub.New(hub.WithTracing(false), hub.WithGate(hub.GateFunc(func(*http.Request) (auth.Principal, error) {
		return auth.Principal{Process: true}, nil
	})))
	manager := httptest.NewServer(h)
	defer manager.Close()
	defer func() { _ = h.Shutdown(context.Background()) }()

	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	c, err := client.New(manager.URL, client.WithProcessPassword("the process password"))
	if err != nil {
		fmt.Println(err)
		return
	}
	state := love.Message{
		Category: love.CategoryEvent,
		Data:     []love.Item{{CSC: "ATDome", Streams: []love.Stream{{Name: "summaryState", Value: love.RawValue(`[{"summaryState":{"value":2}}]`)}}}},
	}
	c.OnSubscribed(func(string) { // from now on nothing is missed
		if err := c.TrySend(ctx, state.AppendJSON(nil)); err != nil {
			fmt.Println(err)
		}
	})
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx) }()

	for d, err := range c.Subscribe(ctx, love.StreamGroup(love.CategoryEvent, "ATDome", 0, "summaryState")) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%s\n", d.Raw)
		break // unsubscribes
	}
	cancel()
	fmt.Println("error:", <-ended)
	// Output:
	// {"category":"event","data":[{"csc":"ATDome","salindex":0,"data":{"summaryState":[{"summaryState":{"value":2}}]}}],"subscription":"event-ATDome-0-summaryState"}
	// error: <nil>
}

// The URL of a manager must not contain a credential.
func ExampleNew() {
	_, err := client.New("http://me:secret@localhost:8000")
	fmt.Println(err)
	// Output: the manager's URL must not contain a user or a query: give the token or password separately
}
