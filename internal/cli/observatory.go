package cli

import (
	"log/slog"
	"slices"

	"github.com/rubin-love/love-go/love/producer"
	"github.com/rubin-love/love-go/love/sal"
	"github.com/rubin-love/love-go/love/sal/sim"
)

// observatory is a simulated one on a bus of its own, and the domain in which
// producers and commander meet it.
type observatory struct {
	*sim.Observatory
	bus    sal.Bus
	own    *sal.Domain // of the components
	domain *sal.Domain
	log    *slog.Logger
}

// newObservatory makes an observatory that is seen through the definitions;
// the components themselves have those they were written for. The components
// named in without are left out, because somebody else plays them.
func newObservatory(definitions *sal.Definitions, log *slog.Logger, without ...string) *observatory {
	bus := sim.NewBus()
	own := sal.NewDomain(bus, sim.Definitions(), sal.WithLogger(log), sal.WithIdentity("sim"))
	simulated := sim.NewObservatory(own)
	if len(without) > 0 {
		rest := slices.DeleteFunc(simulated.Components(), func(name string) bool { return slices.Contains(without, name) })
		simulated = sim.NewObservatory(own, sim.WithComponents(rest...))
	}
	return &observatory{
		Observatory: simulated,
		bus:         bus,
		own:         own,
		domain:      sal.NewDomain(bus, definitions, sal.WithLogger(log)),
		log:         log,
	}
}

func (o *observatory) factory(options ...producer.Option) *producer.Factory {
	return producer.NewFactory(o.domain, append(options, producer.WithLogger(o.log))...)
}

// close ends the domains, when Run has ended.
func (o *observatory) close() {
	for _, d := range []*sal.Domain{o.domain, o.own} {
		if err := d.Close(); err != nil {
			o.log.Warn("closing a SAL domain", "error", err)
		}
	}
}
