package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rubin-love/love-go/love"
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
		Long:  "List all components, the topics of one, or the fields of one of these, as the interface definitions have them.",
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
	var count int
	cmd := &cobra.Command{
		Use:   "watch COMPONENT[:INDEX] [TOPIC…]",
		Short: "Print the events and telemetry of a component",
		Long: `Print the events and telemetry of a component as they come, one JSON object per line; of each
event the latest one first. Without TOPIC all of them; without INDEX all instances.`,
		Example: `  loved sal watch ATDome evt_summaryState
  loved sal watch --sal sim MTMount tel_azimuth --count 10`,
		Args: minArgs("COMPONENT[:INDEX]"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withBus(cmd.Context(), &f, func(ctx context.Context, bus *salBus) error { return a.watch(ctx, bus, args, count) })
		},
	}
	cmd.Flags().IntVar(&count, "count", 0, "end after `N` samples (default: when interrupted)")
	f.register(cmd)
	return cmd
}

// watch prints samples until ctx ends, or count samples if that is above 0.
func (a *app) watch(ctx context.Context, bus *salBus, args []string, count int) error {
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
			if printed++; count > 0 && printed > count {
				return
			}
			fmt.Fprintf(a.stdout, "%s %s %s\n", c.Instance(s.Index()), attr, s)
			if printed == count {
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

func (a *app) salPublishCommand() *cobra.Command {
	var f salToolFlags
	var wait time.Duration
	cmd := &cobra.Command{
		Use:   "publish COMPONENT[:INDEX] TOPIC [FIELD=VALUE…]",
		Short: "Write a sample on behalf of a component, or command it",
		Long: `Write an event or telemetry on behalf of a component, or send it a command and print the
acknowledgement. The sample names you at this machine as its writer, but every program on the bus
takes it for the component's: be careful on the observatory's bus. Fields that are not given
are zero. A VALUE is JSON if it is valid as such, otherwise a text.`,
		Example: `  loved sal publish --sal sim ATDome evt_summaryState summaryState=3
  loved sal publish ATDome cmd_moveAzimuth azimuth=90`,
		Args: minArgs("COMPONENT[:INDEX]", "TOPIC"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withBus(cmd.Context(), &f, func(ctx context.Context, bus *salBus) error { return a.publishSample(ctx, bus, args, wait) })
		},
	}
	cmd.Flags().DurationVar(&wait, "time-limit", 10*time.Second, "how long a command may take; progress extends it")
	f.register(cmd)
	return cmd
}

func (a *app) publishSample(ctx context.Context, bus *salBus, args []string, wait time.Duration) error {
	c, index, err := bus.component(args[0])
	if err != nil {
		return err
	}
	if err := c.CheckIndex(index); err != nil {
		return &usageError{err}
	}
	t, err := topicOf(c, args[1])
	if err != nil {
		return err
	}
	values, err := valuesOf(args[2:])
	if err != nil {
		return &usageError{err}
	}
	if err := t.Check(values); err != nil {
		return &usageError{err}
	}
	if t.Kind == sal.Command {
		return a.commandOverSAL(ctx, bus, c, index, t, values, wait)
	}
	s, err := a.newSample(t, index, values)
	if err != nil {
		return err
	}
	if err := bus.bus.Publish(ctx, s); err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "%s %s %s\n", c.Instance(index), t.Attr(), s)
	return nil
}

func (a *app) commandOverSAL(ctx context.Context, bus *salBus, c *sal.Component, index int, t *sal.Topic, values sal.Values, limit time.Duration) error {
	remote, err := bus.domain.Remote(ctx, c.Name, index, sal.WithTopics())
	if err != nil {
		return err
	}
	defer remote.Close()
	ack, err := remote.Command(ctx, t.Name, values, sal.WithTimeout(limit))
	if err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "%s %s: %s\n", c.Instance(index), t.Attr(), ack.Result)
	return nil
}

// valuesOf reads FIELD=VALUE arguments.
func valuesOf(args []string) (values sal.Values, err error) {
	text, err := paramsOf(args)
	if err != nil {
		return nil, err
	}
	d := json.NewDecoder(strings.NewReader(string(text)))
	d.UseNumber()
	return values, d.Decode(&values)
}

// newSample returns a sample that names its writer and the time.
func (a *app) newSample(t *sal.Topic, index int, values sal.Values) (*sal.Sample, error) {
	now := time.Now()
	tai := love.TAI(now)
	values["private_sndStamp"], values["private_kafkaStamp"], values["private_efdStamp"] = tai, tai, love.UnixSeconds(now)
	values["private_seqNum"], values["private_origin"], values["private_revCode"] = 1, os.Getpid(), t.RevisionCode()
	values["private_identity"] = a.identity()
	if t.Indexed() && index != 0 {
		values["salIndex"] = index
	}
	return sal.NewSample(t, values)
}

// identity returns the user and the machine that samples name as their writer.
func (a *app) identity() string {
	name, _ := a.env("USER")
	host, err := os.Hostname()
	if err != nil {
		host = "localhost"
	}
	return cmp.Or(name, "unknown") + "@" + host
}
