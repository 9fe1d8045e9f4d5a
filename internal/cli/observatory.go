package cli

import (
	"log/slog"
	"slices"

	"github.com/rubin-love/love-go/love/producer"
	"github.com/rubin-love/love-go/love/sal"
	"github.com/rubin-love/love-go/love/sal/sim"
)

// observatory is a simulated observatory on a bus of its own, and the domain
// through which producers and commander use that bus.
type observatory struct {
	*sim.Observatory
	bus       sal.Bus
	simDomain *sal.Domain // of the components
	domain    *sal.Domain
	log       *slog.Logger
}

// newObservatory returns an observatory whose domain has the given definitions;
// the components themselves use those they were written for. The components
// named in without are left out, because the caller runs them.
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
		simDomain:   own,
		domain:      sal.NewDomain(bus, definitions, sal.WithLogger(log)),
		log:         log,
	}
}

func (o *observatory) factory(options ...producer.Option) *producer.Factory {
	return producer.NewFactory(o.domain, append(options, producer.WithLogger(o.log))...)
}

// close closes the domains. Run must have ended.
func (o *observatory) close() {
	for _, d := range []*sal.Domain{o.domain, o.simDomain} {
		if err := d.Close(); err != nil {
			o.log.Warn("closing a SAL domain", "error", err)
		}
	}
}
