package commanderhttp_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http/httptest"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/commander/commanderhttp"
)

// lamp is a device that is not on SAL.
func lamp(_ context.Context, c commander.Call) (love.Ack, error) {
	if c.Name != "cmd_on" {
		return love.Ack{}, commander.Refuse("the lamp can only be switched on")
	}
	fmt.Println(c.Identity, "commands", c.CSC, c.Name)
	return love.Ack{Text: love.Done}, nil
}

// A team's own commander behind the LOVE-commander's API, where any manager
// finds it.
func ExampleNewHandler() {
	server := httptest.NewServer(commanderhttp.NewHandler(commanderhttp.Backend{Commander: commander.Func(lamp)}))
	defer server.Close()

	client, err := commanderhttp.New(server.URL)
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	for _, name := range []string{"cmd_on", "cmd_off"} {
		ack, err := client.Execute(context.Background(), commander.Call{
			Command: love.Command{CSC: "Lamp", Name: name, Params: json.RawMessage(`{}`), Identity: "ana@summit"},
		})
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(ack.Text)
	}
	// Output:
	// ana@summit commands Lamp cmd_on
	// Done
	// the lamp can only be switched on (HTTP 400)
}
