package commander_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http/httptest"
	"time"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/sal"
	"github.com/rubin-love/love-go/love/sal/sim"
)

// A commander over a simulated observatory.
func ExampleNewSAL() {
	domain := sal.NewDomain(sim.NewBus(), sim.Definitions())
	observatory := sim.NewObservatory(domain)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- observatory.Run(ctx) }()
	<-observatory.Ready()

	c := commander.NewSAL(domain)
	for _, azimuth := range []string{"90", "900"} {
		reply, err := c.Execute(ctx, commander.Request{
			Body:     json.RawMessage(`{"csc": "ATDome", "salindex": 0, "cmd": "cmd_moveAzimuth", "params": {"azimuth": ` + azimuth + `}}`),
			Identity: "ana@summit",
		})
		fmt.Println(reply.Status, string(reply.Body), err)
	}
	stop()
	fmt.Println(<-ended, domain.Close())
	// Output:
	// 200 {"ack":"Done","code":303} <nil>
	// 200 {"ack":"Failed: azimuth=900 is not in the range 0 to 360 deg","code":-302,"error":1} <nil>
	// <nil> <nil>
}

// lamp is a device that is not on SAL.
func lamp(_ context.Context, c love.Command) (love.Ack, error) {
	if c.Name != "cmd_on" {
		return love.Ack{Text: "Failed: the lamp can only be put on"}, nil
	}
	fmt.Println(c.Identity, "commands", c.CSC, c.Name)
	return love.Ack{Text: love.Done}, nil
}

// A team's own commander behind the LOVE-commander's API, where any manager
// finds it.
func ExampleNewHandler() {
	server := httptest.NewServer(commander.NewHandler(commander.Backend{Commander: commander.Func(lamp)}))
	defer server.Close()

	client, err := commander.NewHTTP(server.URL)
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	reply, err := client.Execute(context.Background(), commander.Request{
		Body:     json.RawMessage(`{"csc": "Lamp", "salindex": 0, "cmd": "cmd_on", "params": {}}`),
		Identity: "ana@summit",
	})
	fmt.Println(reply.Status, string(reply.Body), err)
	// Output:
	// ana@summit commands Lamp cmd_on
	// 200 {"ack":"Done"} <nil>
}

// The record tells who commanded what, and what came of it.
func ExampleNewRecorder() {
	ctx := context.Background()
	r := commander.NewRecorder(commander.Func(lamp), commander.NewMemoryRecord(0))
	defer r.Close(ctx)
	_, err := r.Execute(ctx, commander.Request{
		Body: json.RawMessage(`{"csc": "Lamp", "salindex": 0, "cmd": "cmd_on", "params": {}}`),
		User: "ana", Identity: "ana@summit",
	})
	if err != nil {
		log.Fatal(err)
	}
	entries, err := r.List(ctx, commander.Filter{CSC: "Lamp"})
	if err != nil {
		log.Fatal(err)
	}
	for _, e := range entries {
		fmt.Println(e.User, e.Command, e.State)
	}
	// Output:
	// ana@summit commands Lamp cmd_on
	// ana cmd_on done
}

// A user excludes others from the lamp for an hour.
func ExampleNewAuthority() {
	ctx := context.Background()
	recorder := commander.NewRecorder(commander.Func(lamp), commander.NewMemoryRecord(0))
	defer recorder.Close(ctx)
	a := commander.NewAuthority(recorder)
	if _, err := a.Take(ctx, "ana", "Lamp", time.Hour); err != nil {
		log.Fatal(err)
	}
	for _, user := range []string{"ana", "ben"} {
		reply, err := a.Execute(ctx, commander.Request{
			Body: json.RawMessage(`{"csc": "Lamp", "salindex": 0, "cmd": "cmd_on", "params": {}}`),
			User: user, Identity: user + "@summit",
		})
		fmt.Println(user, reply.Status, err)
	}
	// Output:
	// ana@summit commands Lamp cmd_on
	// ana 200 <nil>
	// ben 403 <nil>
}
