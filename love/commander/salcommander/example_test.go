package salcommander_test

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/commander/salcommander"
	"github.com/rubin-love/love-go/love/sal"
	"github.com/rubin-love/love-go/love/sal/sim"
)

// A commander over a simulated observatory.
func ExampleNew() {
	domain := sal.NewDomain(sim.NewBus(), sim.Definitions())
	observatory := sim.NewObservatory(domain)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- observatory.Run(ctx) }()
	<-observatory.Ready()

	c := salcommander.New(domain)
	for _, params := range []string{`{"azimuth": 90}`, `{"azimuth": 900}`, `{"azimut": 90}`} {
		ack, err := commander.Within(ctx, 10*time.Second, func(ctx context.Context) (love.Ack, error) {
			return c.Execute(ctx, commander.Call{Command: love.Command{
				CSC: "ATDome", Name: "cmd_moveAzimuth", Params: json.RawMessage(params), Identity: "ana@summit",
			}})
		})
		if err != nil {
			fmt.Println("error:", err)
			continue
		}
		fmt.Println(ack.Text, ack.Code)
	}
	stop()
	fmt.Println(<-ended, domain.Close())
	// Output:
	// Done 303
	// Failed: azimuth=900 is not in the range 0 to 360 deg -302
	// error: ATDome cmd_moveAzimuth has no field azimut; its fields are azimuth
	// <nil> <nil>
}
