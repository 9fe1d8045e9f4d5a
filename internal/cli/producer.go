package cli

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/rubin-love/love-go/love/client"
	"github.com/rubin-love/love-go/love/producer"
)

// producerFlags are the settings of `loved producer`.
type producerFlags struct {
	conn                   clientFlags
	sal                    salFlags
	periodic, asynchronous []string
	instances              []string
	layout                 *choice
	push                   time.Duration
	log                    logFlags
	debug                  debugFlags
}

func (a *app) producerCommand() *cobra.Command {
	var f producerFlags
	cmd := &cobra.Command{
		Use:   "producer COMPONENT…",
		Short: "Publish the events and telemetry of components to a manager",
		Long: `Publish the events and telemetry of components on SAL to a manager, until interrupted; reconnects.
A COMPONENT is NAME or NAME:INDEX; all stands for every component without index, and for the
instances that --index names. With --sal sim each process simulates an observatory of its own;
use loved demo for commands whose effect producers publish.`,
		Example: `  loved producer --sal sim ATDome MTMount ESS:301
  LSST_TOPIC_SUBNAME=sal loved producer --sal-interfaces ts_xml all --index MTHexapod:1,MTHexapod:2`,
		Args: minArgs("COMPONENT"),
		RunE: func(cmd *cobra.Command, components []string) error {
			to, err := a.target(cmd.Context(), f.conn)
			if err != nil {
				return err
			}
			return a.runProducer(cmd.Context(), &f, to, components)
		},
	}
	f.register(cmd.Flags())
	return withConfig(cmd, "producer")
}

func (f *producerFlags) register(fs *pflag.FlagSet) {
	fs.StringVar(&f.conn.manager, "manager", "", "`URL` of the manager, or HOST:PORT/PATH of its websocket (default that of your running demo)")
	bindEnv(fs, "manager", "WEBSOCKET_HOST", "LOVED_MANAGER")
	fs.StringVar(&f.conn.processPassword, "process-password", "", "`PASSWORD` of processes at the manager")
	bindEnv(fs, "process-password", "PROCESS_CONNECTION_PASS")
	markSecret(fs, escaped, "process-password")
	f.sal.register(fs)
	fs.StringSliceVar(&f.periodic, "periodic-data", nil, "`TOPICS` to poll, such as tel_position; with --asynchronous-data the only ones (default all telemetry)")
	fs.StringSliceVar(&f.asynchronous, "asynchronous-data", nil, "`TOPICS` to publish as they come, such as evt_summaryState (default all events)")
	fs.StringSliceVar(&f.instances, "index", nil, "with the component all: `INSTANCES` of components with index, such as MTHexapod:1,MTHexapod:2")
	durationVar(fs, &f.push, "push-telemetry", 0, "send telemetry as it comes, of each topic one sample per `TIME` at most (default 0: look every 2 s)")
	f.layout = oneOf(producer.Split.String(), producer.Single.String(), producer.Both.String())
	fs.Var(f.layout, "scriptqueue-layout", "how the state of script queues is published: in three streams, in one as older producers do, or in both ways")
	f.log.register(fs, slog.LevelInfo)
	f.log.registerLimit(fs)
	f.debug.register(fs)
}

func (a *app) runProducer(ctx context.Context, f *producerFlags, to target, components []string) error {
	log, flush, err := f.log.limited(a.stderr)
	if err != nil {
		return err
	}
	defer flush()
	endDebug, err := f.debug.serve(log)
	if err != nil {
		return err
	}
	defer endDebug()
	manager, err := client.New(to.manager, to.asProcess(), client.WithLogger(log))
	if err != nil {
		return &usageError{err}
	}
	bus, err := a.openSAL(&f.sal, log)
	if err != nil {
		return err
	}
	defer bus.close()
	options, err := f.options(a.env)
	if err != nil {
		return &usageError{err}
	}
	factory := producer.NewFactory(bus.domain, append(options, producer.WithLogger(log))...)
	if components, err = factory.Expand(components, f.instances); err != nil {
		return &usageError{err}
	}
	set, err := producer.NewSet(factory, producer.NewClient(manager, producer.WithLogger(log)), components)
	if err != nil {
		return &usageError{err}
	}
	fmt.Fprintf(a.stdout, "publishing %s to %s, from %s\n", strings.Join(components, ", "), to.manager, bus.description)
	return bus.run(ctx, set.Run)
}

// options returns the options of the producers, from flags and environment.
func (f *producerFlags) options(env func(string) (string, bool)) ([]producer.Option, error) {
	options, err := scriptQueueOptions(env)
	if err != nil {
		return nil, err
	}
	layout, err := producer.ParseLayout(f.layout.value)
	if err != nil {
		return nil, err
	}
	options = append(options, producer.WithStreamLayout(layout))
	if f.push < 0 {
		return nil, fmt.Errorf("--push-telemetry is %v: give a time above 0, or 0 to look every 2 s", f.push)
	}
	if f.push != 0 {
		options = append(options, producer.WithTelemetryPush(f.push))
	}
	if f.periodic != nil {
		options = append(options, producer.WithPeriodicData(f.periodic...))
	}
	if f.asynchronous != nil {
		options = append(options, producer.WithAsynchronousData(f.asynchronous...))
	}
	return options, nil
}
