package commander_test

import (
	"context"
	"encoding/json"
	"fmt"

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
