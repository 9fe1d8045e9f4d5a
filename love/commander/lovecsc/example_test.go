package lovecsc_test

import (
	"context"
	"fmt"
	"log"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/commander/lovecsc"
	"github.com/rubin-love/love-go/love/sal"
	"github.com/rubin-love/love-go/love/sal/sim"
)

// An operator's observing log becomes an event on SAL.
func Example() {
	ctx := context.Background()
	domain := sal.NewDomain(sim.NewBus(), sim.Definitions())
	defer func() { _ = domain.Close() }()
	csc, err := lovecsc.New(ctx, domain)
	if err != nil {
		log.Fatal(err)
	}
	ack, err := csc.WriteObservingLog(ctx, love.ObservingLog{User: "ana", Message: "clouds from the west"})
	fmt.Println(ack.Text, err)

	remote, err := domain.Remote(ctx, lovecsc.Component, 0)
	if err != nil {
		log.Fatal(err)
	}
	event, _ := remote.Latest("evt_observingLog")
	fmt.Println(event.Identity(), event.Text("message"))
	// Output:
	// Added new observing log to SAL <nil>
	// ana clouds from the west
}
