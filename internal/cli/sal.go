package cli

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rubin-love/love-go/internal/wire"
	"github.com/rubin-love/love-go/love/sal"
)

// salToolFlags are the settings of the subcommands of `loved sal`.
type salToolFlags struct {
	sal salFlags
	log logFlags
}

func (f *salToolFlags) register(cmd *cobra.Command) {
	f.sal.register(cmd.Flags())
	f.log.register(cmd.Flags(), slog.LevelWarn)
}

// withBus does work with the bus that the flags name.
func (a *app) withBus(ctx context.Context, f *salToolFlags, work func(context.Context, *salBus) error) error {
	bus, err := a.openSAL(&f.sal, f.log.logger(a.stderr))
	if err != nil {
		return err
	}
	defer bus.close()
	return bus.run(ctx, func(ctx context.Context) error { return work(ctx, bus) })
}

func (a *app) salCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "sal",
		Short: "Look at the SAL bus, and write to it",
		Long: `Look at the SAL bus without a manager: the topics of a component, and what it publishes now.
By default that is the observatory's bus (Kafka), configured by the variables LSST_… of all SAL programs.`,
	}
	cmd.AddCommand(a.salTopicsCommand(), a.salWatchCommand(), a.salPublishCommand())
	return cmd
}

func (a *app) salTopicsCommand() *cobra.Command {
	var f salFlags
	cmd := &cobra.Command{
		Use:   "topics [COMPONENT [TOPIC]]",
		Short: "List components, a component's topics, or a topic's fields",
		Long: `List what the interface definitions have, one a line: all components by name, the topics of one with
their descriptions, or the fields of a topic with type, units and description.`,
		Example: `  loved sal topics --sal sim
  loved sal topics --sal sim ATDome evt_summaryState`,
		Args: cobra.MaximumNArgs(2),
		RunE: func(_ *cobra.Command, args []string) error {
			definitions, err := f.definitions()
			if err != nil {
				return err
			}
			return a.listTopics(definitions, args)
		},
	}
	f.register(cmd.Flags())
	return cmd
}

// listTopics prints the components, the topics of one, or the fields of a topic.
func (a *app) listTopics(definitions *sal.Definitions, args []string) error {
	if len(args) == 0 {
		for _, name := range definitions.Names() {
			fmt.Fprintln(a.stdout, name)
		}
		return nil
	}
	c, err := definitions.Component(args[0])
	if err != nil {
		return &usageError{err}
	}
	if len(args) == 1 {
		topics := slices.Clone(c.Topics)
		slices.SortFunc(topics, func(x, y *sal.Topic) int { return strings.Compare(x.Attr(), y.Attr()) })
		for _, t := range topics {
			fmt.Fprintf(a.stdout, "%-40s %s\n", t.Attr(), oneLine(t.Description))
		}
		return nil
	}
	t, err := topicOf(c, args[1])
	if err != nil {
		return err
	}
	for _, field := range t.Own() {
		typ := field.TypeName()
		if field.IsArray() {
			typ = fmt.Sprintf("%s[%d]", typ, field.Count)
		}
		fmt.Fprintf(a.stdout, "%-30s %-15s %-12s %s\n", field.Name, typ, field.Units, oneLine(field.Description))
	}
	return nil
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// topicOf finds a topic by its attribute name.
func topicOf(c *sal.Component, attr string) (*sal.Topic, error) {
	if t, ok := c.Topic(attr); ok {
		return t, nil
	}
	return nil, usagef("%s has no topic %q; `loved sal topics %s` lists them, with evt_, tel_ or cmd_ in front", c.Name, attr, c.Name)
}

func (a *app) salWatchCommand() *cobra.Command {
	var f salToolFlags
	var w watchFlags
	cmd := &cobra.Command{
		Use:   "watch COMPONENT[:INDEX] [TOPIC…]",
		Short: "Print the events and telemetry of a component",
		Long: `Print the events and telemetry of a component as they come, of each event the latest one first.
Without TOPIC all of them; without INDEX all instances.

A line is COMPONENT[:INDEX] TOPIC {"FIELD": VALUE, …}, with all fields of the sample in the order of the
definition, the private ones included. NaN, Infinity and -Infinity are printed as such.
With --json a line is JSON alone, {"component": "COMPONENT[:INDEX]", "topic": "TOPIC", "FIELD": VALUE, …},
with null for the numbers that JSON does not have.`,
		Example: `  loved sal watch ATDome evt_summaryState
  loved sal watch --sal sim MTMount tel_azimuth --count 10
  loved sal watch --json MTMount tel_azimuth | jq .actualPosition`,
		Args: minArgs("COMPONENT[:INDEX]"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withBus(cmd.Context(), &f, func(ctx context.Context, bus *salBus) error { return a.watch(ctx, bus, args, w) })
		},
	}
	cmd.Flags().IntVar(&w.count, "count", 0, "end after `N` samples (default: when interrupted)")
	cmd.Flags().BoolVar(&w.json, "json", false, "print JSON alone")
	f.register(cmd)
	return cmd
}

// watchFlags are what `loved sal watch` prints, and when it ends.
type watchFlags struct {
	count int // of samples; 0 for no end
	json  bool
}

// line returns the line of a sample, without its end.
func (w watchFlags) line(c *sal.Component, s *sal.Sample) []byte {
	instance, topic := c.Instance(s.Index()), s.Topic().Attr()
	if !w.json {
		return s.AppendJSON([]byte(instance + " " + topic + " "))
	}
	line := wire.AppendText(wire.AppendKey([]byte{'{'}, "component"), instance)
	line = wire.AppendText(wire.AppendKey(line, "topic"), topic)
	fields := s.AppendJSON(nil)
	return wire.AppendStrict(append(line, ','), fields[1:])
}

// watch prints samples until ctx ends or a limit of the flags is reached.
func (a *app) watch(ctx context.Context, bus *salBus, args []string, w watchFlags) error {
	c, index, err := bus.component(args[0])
	if err != nil {
		return err
	}
	attrs, names, err := topicsToWatch(c, args[1:])
	if err != nil {
		return err
	}
	remote, err := bus.domain.Remote(ctx, c.Name, index, sal.ReadOnly(), sal.WithTopics(names...))
	if err != nil {
		return err
	}
	defer remote.Close()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	printed := 0
	for _, attr := range attrs {
		_, err := remote.Subscribe(attr, func(s *sal.Sample) { // one at a time
			if printed++; w.count > 0 && printed > w.count {
				return
			}
			fmt.Fprintf(a.stdout, "%s\n", w.line(c, s))
			if printed == w.count {
				stop()
			}
		})
		if err != nil {
			return err
		}
	}
	<-ctx.Done()
	return nil
}

// topicsToWatch returns the topics to print: those given, or else all events and
// telemetry.
func topicsToWatch(c *sal.Component, given []string) (attrs, names []string, err error) {
	for _, attr := range given {
		t, err := topicOf(c, attr)
		if err != nil {
			return nil, nil, err
		}
		if t.Kind != sal.Event && t.Kind != sal.Telemetry {
			return nil, nil, usagef("%s is neither an event nor telemetry: give topics with evt_ or tel_ in front", attr)
		}
		attrs, names = append(attrs, attr), append(names, t.Name)
	}
	if len(given) > 0 {
		return attrs, names, nil
	}
	for _, t := range c.Topics {
		if t.Kind == sal.Event || t.Kind == sal.Telemetry {
			attrs, names = append(attrs, t.Attr()), append(names, t.Name)
		}
	}
	return attrs, names, nil
}
