package sal_test

import (
	"context"
	"fmt"
	"log"

	"github.com/rubin-love/love-go/love/sal"
	"github.com/rubin-love/love-go/love/sal/sim"
)

// A component, and a program that listens to it and commands it.
func Example() {
	defs, err := sal.Define(&sal.Component{Name: "Lamp", Topics: []*sal.Topic{
		{Kind: sal.Command, Name: "switchOn", Fields: []sal.Field{{Name: "power", Type: sal.Float, Units: "W"}}},
		{Kind: sal.Event, Name: "burning", Fields: []sal.Field{{Name: "power", Type: sal.Float, Units: "W"}}},
	}})
	if err != nil {
		log.Fatal(err)
	}
	domain := sal.NewDomain(sim.NewBus(), defs)
	defer domain.Close()
	ctx := context.Background()

	lamp, err := domain.Controller(ctx, "Lamp", 0)
	if err != nil {
		log.Fatal(err)
	}
	err = lamp.Handle("switchOn", func(ctx context.Context, command *sal.Sample) error {
		power := command.Float("power")
		if power > 100 {
			return fmt.Errorf("%g W is more than the lamp can take", power)
		}
		_, err := lamp.Write(ctx, "evt_burning", sal.Values{"power": power})
		return err
	})
	if err != nil {
		log.Fatal(err)
	}
	ended := make(chan error)
	go func() { ended <- lamp.Run(ctx) }()

	remote, err := domain.Remote(ctx, "Lamp", 0)
	if err != nil {
		log.Fatal(err)
	}
	ack, err := remote.Command(ctx, "switchOn", sal.Values{"power": 60})
	fmt.Println(ack.Result, err)
	_, err = remote.Command(ctx, "switchOn", sal.Values{"power": 600})
	fmt.Println(err)
	burning, err := remote.Await(ctx, "evt_burning")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(burning.Float("power"), "W")

	if err := lamp.Close(); err != nil {
		log.Fatal(err)
	}
	fmt.Println(<-ended)
	// Output:
	// Done <nil>
	// Lamp cmd_switchOn: CMD_FAILED (-302), error 1: Failed: 600 W is more than the lamp can take
	// 60 W
	// <nil>
}
