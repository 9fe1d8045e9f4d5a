package producer_test

import (
	"context"
	"fmt"
	"log"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/hub"
	"github.com/rubin-love/love-go/love/producer"
	"github.com/rubin-love/love-go/love/sal"
	"github.com/rubin-love/love-go/love/sal/sim"
)

// newLamp returns a SAL domain with the component Lamp, which has written an event.
func newLamp(ctx context.Context) *sal.Domain {
	defs, err := sal.Define(&sal.Component{Name: "Lamp", Topics: []*sal.Topic{
		{Kind: sal.Event, Name: "burning", Fields: []sal.Field{{Name: "power", Type: sal.Float, Units: "W"}}},
	}})
	if err != nil {
		log.Fatal(err)
	}
	domain := sal.NewDomain(sim.NewBus(), defs)
	lamp, err := domain.Controller(ctx, "Lamp", 0, sal.WriteOnly())
	if err != nil {
		log.Fatal(err)
	}
	if _, err := lamp.Write(ctx, "evt_burning", sal.Values{"power": 60}); err != nil {
		log.Fatal(err)
	}
	return domain
}

// The stock producer serves any component of the SAL bus. A Sender gets each
// message with a header that describes what it holds.
func ExampleCSC() {
	ctx, cancel := context.WithCancel(context.Background())
	domain := newLamp(ctx)
	defer domain.Close()
	remote, err := domain.Remote(ctx, "Lamp", 0, sal.ReadOnly())
	if err != nil {
		log.Fatal(err)
	}
	p := producer.NewCSC(remote)

	sent := make(sender, 10)
	ended := make(chan error)
	go func() { ended <- p.Run(ctx, sent) }()
	message := <-sent
	fmt.Println(message.Category, message.CSC, message.SalIndex, message.Streams)
	cancel()
	fmt.Println(<-ended)
	// Output:
	// event Lamp 0 [burning]
	// <nil>
}

// A Factory makes the producer of a component by its name. A team's own type is
// registered first.
func ExampleFactory() {
	ctx := context.Background()
	domain := sal.NewDomain(sim.NewBus(), sim.Definitions())
	defer domain.Close()
	f := producer.NewFactory(domain)
	f.Register("rack", func(_ context.Context, s producer.Spec) (producer.Producer, error) {
		return NewRack(s.Index, s.BaseOptions()...), nil
	}, "PowerRack")

	for _, name := range []string{"ATDome", "ESS:301", "ScriptQueue:1", "Watcher", "PowerRack:2"} {
		p, err := f.FromName(ctx, name)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%s is a %T\n", p.Name(), p)
	}
	// Output:
	// ATDome is a *producer.CSC
	// ESS:301 is a *producer.CSC
	// ScriptQueue:1 is a *producer.ScriptQueue
	// Watcher is a *producer.Watcher
	// PowerRack:2 is a *producer_test.Rack
}

// A program whose producers are not on SAL needs no domain. A Set gives the producers
// that it serves, for what they publish by themselves.
func ExampleSet_Producers() {
	f := producer.NewFactory(nil)
	f.Register("rack", func(_ context.Context, s producer.Spec) (producer.Producer, error) {
		return NewRack(s.Index, s.BaseOptions()...), nil
	}, "PowerRack")

	h := hub.New()
	defer func() { _ = h.Shutdown(context.Background()) }()
	local := h.Local(auth.Principal{Process: true})
	defer local.Close()
	set, err := producer.NewSet(f, producer.NewClient(producer.InProcess(local)), []string{"PowerRack:1", "PowerRack:2"})
	if err != nil {
		log.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	racks, err := set.Producers(ctx)
	if err != nil {
		log.Fatal(err)
	}
	ended := make(chan error)
	go func() { ended <- set.Run(ctx) }()
	for _, rack := range racks {
		fmt.Println(rack.Name(), rack.(*Rack).SetDoor(ctx, true))
	}
	cancel()
	fmt.Println(<-ended)
	// Output:
	// PowerRack:1 <nil>
	// PowerRack:2 <nil>
	// <nil>
}

// A Set serves a list of components. Here the manager's hub is in the same program;
// a client.Client takes the place of InProcess for a manager elsewhere.
func ExampleSet() {
	ctx, cancel := context.WithCancel(context.Background())
	domain := newLamp(ctx)
	defer domain.Close()
	h := hub.New()
	defer func() { _ = h.Shutdown(context.Background()) }()
	viewer := h.Subscribe(ctx, love.StreamGroup(love.CategoryEvent, "Lamp", 0, "burning"))

	local := h.Local(auth.Principal{Process: true})
	defer local.Close()
	c := producer.NewClient(producer.InProcess(local))
	set, err := producer.NewSet(producer.NewFactory(domain), c, []string{"Lamp"})
	if err != nil {
		log.Fatal(err)
	}
	ended := make(chan error)
	go func() { ended <- set.Run(ctx) }()

	for d, err := range viewer {
		if err != nil {
			log.Fatal(err)
		}
		m, err := d.Message()
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println("a viewer of", d.Group, "got", m.Data[0].Streams[0].Name)
		break
	}
	cancel()
	fmt.Println(<-ended)
	// Output:
	// a viewer of event-Lamp-0-burning got burning
	// <nil>
}
