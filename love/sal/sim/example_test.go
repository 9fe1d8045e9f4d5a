package sim_test

import (
	"context"
	"fmt"
	"log"

	"github.com/rubin-love/love-go/love/sal"
	"github.com/rubin-love/love-go/love/sal/sim"
)

// A simulated observatory, and a program that turns its dome.
func Example() {
	domain := sal.NewDomain(sim.NewBus(), sim.Definitions())
	observatory := sim.NewObservatory(domain)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- observatory.Run(ctx) }()
	<-observatory.Ready()

	dome, err := domain.Remote(ctx, "ATDome", 0)
	if err != nil {
		log.Fatal(err)
	}
	state, _ := dome.Latest("evt_summaryState")
	fmt.Println(sal.SummaryState(state.Int("summaryState")))
	ack, err := dome.Command(ctx, "moveAzimuth", sal.Values{"azimuth": 90})
	fmt.Println(ack.Result, err)

	stop()
	fmt.Println(<-ended, domain.Close())
	// Output:
	// ENABLED
	// Done <nil>
	// <nil> <nil>
}
