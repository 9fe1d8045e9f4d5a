package client_test

import (
	"context"
	"fmt"
	"log"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/client"
)

// Watch a telemetry stream, whatever happens to the connection.
func Example() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	const url = "http://localhost:8000"

	session, err := client.Login(ctx, url, "user", "the password")
	if err != nil {
		log.Fatal(err)
	}
	c, err := client.New(url, client.WithToken(session.Token))
	if err != nil {
		log.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx) }()

	for d, err := range c.Subscribe(ctx, love.StreamGroup(love.CategoryTelemetry, "ATDome", 0, "position")) {
		if err != nil {
			log.Fatal(err)
		}
		m, err := love.ParseMessage(d.Raw)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%s\n", m.Data[0].Streams[0].Value)
	}
	cancel()
	if err := <-ended; err != nil {
		log.Fatal(err)
	}
}

// A URL is read as people write it.
func ExampleNew() {
	_, err := client.New("http://me:secret@localhost:8000")
	fmt.Println(err)
	// Output: the manager's URL must hold neither a user nor a query: give token or password apart
}
