package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/spf13/pflag"

	"github.com/rubin-love/love-go/internal/mask"
	"github.com/rubin-love/love-go/love/sal"
	"github.com/rubin-love/love-go/love/sal/kafka"
	"github.com/rubin-love/love-go/love/sal/salxml"
	"github.com/rubin-love/love-go/love/sal/sim"
)

// salFlags are the SAL bus that a command uses.
type salFlags struct {
	bus        *choice
	interfaces string
}

func (f *salFlags) register(fs *pflag.FlagSet) {
	f.bus = oneOf("kafka", "sim")
	fs.Var(f.bus, "sal", "the SAL bus: the observatory's, configured by the variables LSST_… of all SAL programs, or a simulated one")
	bindEnv(fs, "sal", "LOVED_SAL")
	fs.StringVar(&f.interfaces, "sal-interfaces", "", "`FOLDER` of SAL XML, or one holding sal_interfaces; needed with kafka (default the simulated components)")
	bindEnv(fs, "sal-interfaces", "TS_XML_DIR")
}

// salBus is this process's part of a SAL bus.
type salBus struct {
	bus         sal.Bus
	definitions *sal.Definitions
	domain      *sal.Domain
	description string                            // in words
	parts       []func(ctx context.Context) error // parts of the bus itself, see run
	ready       <-chan struct{}                   // closed when the components of the bus itself take commands; nil if there are none
	end         func()
	log         *slog.Logger
}

// definitions reads the interfaces that the flags name. Those of the simulated
// components are for the simulated bus only.
func (f *salFlags) definitions() (*sal.Definitions, error) {
	switch {
	case f.interfaces != "":
		definitions, err := salxml.ReadDir(f.interfaces)
		if err != nil {
			return nil, fmt.Errorf("--sal-interfaces: %w", err)
		}
		return definitions, nil
	case f.bus.value == "kafka":
		return nil, usagef("with --sal kafka give --sal-interfaces (TS_XML_DIR), the folder of the observatory's SAL interfaces; those of the simulation must not reach a real schema registry. For a simulated bus give --sal sim")
	}
	return sim.Definitions(), nil
}

// openSAL joins the bus that the flags name; the caller closes it. A simulated
// bus leaves out the components named in without, which the caller runs.
func (a *app) openSAL(f *salFlags, log *slog.Logger, without ...string) (*salBus, error) {
	definitions, err := f.definitions()
	if err != nil {
		return nil, err
	}
	if f.bus.value == "kafka" {
		return a.openKafka(definitions, log)
	}
	o := newObservatory(definitions, log, without...)
	return &salBus{
		bus: o.bus, definitions: definitions, domain: o.domain, log: log,
		description: "a simulated observatory of this process",
		parts:       []func(context.Context) error{o.Run}, ready: o.Ready(), end: o.close,
	}, nil
}

func (a *app) openKafka(definitions *sal.Definitions, log *slog.Logger) (*salBus, error) {
	config, err := a.kafkaConfig(log)
	if err != nil {
		return nil, &usageError{err}
	}
	bus, err := kafka.NewBus(config, definitions, kafka.WithLogger(log))
	if err != nil {
		return nil, &usageError{err}
	}
	domain := sal.NewDomain(bus, definitions, sal.WithLogger(log))
	return &salBus{
		bus: bus, definitions: definitions, domain: domain, log: log,
		description: "Kafka at " + mask.Text(strings.Join(config.Brokers, ", ")),
		end: func() {
			if err := errors.Join(domain.Close(), bus.Close()); err != nil {
				log.Warn("closing the SAL bus", "error", err)
			}
		},
	}, nil
}

// kafkaConfig reads the configuration of all SAL programs from the environment.
func (a *app) kafkaConfig(log *slog.Logger) (kafka.Config, error) {
	config, warnings, err := kafka.ConfigFromEnvironment(a.env)
	for _, w := range warnings {
		log.Warn(w)
	}
	return config, err
}

// component returns the component and the index of an argument NAME or NAME:INDEX.
func (b *salBus) component(arg string) (*sal.Component, int, error) {
	name, index, err := sal.ParseName(arg)
	if err != nil {
		return nil, 0, &usageError{err}
	}
	c, err := b.definitions.Component(name)
	if err != nil {
		return nil, 0, &usageError{err}
	}
	return c, index, nil
}

// awaitComponents waits until the components that are part of the bus itself, those of a
// simulated one, take commands.
func (b *salBus) awaitComponents(ctx context.Context) error {
	if b.ready == nil {
		return nil
	}
	select {
	case <-b.ready:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// close leaves the bus. Everything that uses it must have ended.
func (b *salBus) close() { b.end() }

// run runs parts together with those of the bus, until ctx ends.
func (b *salBus) run(ctx context.Context, parts ...func(context.Context) error) error {
	return runAll(ctx, append(b.parts[:len(b.parts):len(b.parts)], parts...)...)
}
