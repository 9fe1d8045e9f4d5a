package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"math"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rubin-love/love-go/internal/owner"
	"github.com/rubin-love/love-go/internal/wire"
	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/client"
	"github.com/rubin-love/love-go/love/sal"
)

func (a *app) salPublishCommand() *cobra.Command {
	var f salToolFlags
	var p salPublishFlags
	cmd := &cobra.Command{
		Use:   "publish COMPONENT[:INDEX] TOPIC [FIELD=VALUE…]",
		Short: "Write a sample on behalf of a component, or command it",
		Long: `Write an event or telemetry on behalf of a component, or send it a command. The sample names you
at this machine as its writer, but every program on the bus takes it for the component's: be careful
on the observatory's bus.

A VALUE is what its FIELD takes: a text as it is or in JSON, anything else in JSON, also NaN, Infinity
and -Infinity. Fields of an event or telemetry that are not given are zero, those of a command must be
given, unless with --defaults. What the bus carries although the definition does not
expect it is written with a warning: such numbers, values beyond an enumeration, lists of another
length (a command's must be right).

The line printed is that of the sample, as "loved sal watch" prints it, or the component's
acknowledgement of the command: COMPONENT[:INDEX] TOPIC: TEXT.`,
		Example: `  loved sal publish --sal sim ATDome evt_summaryState summaryState=3
  loved sal publish --sal sim ATDome tel_position azimuthPosition=NaN
  loved sal publish ATDome cmd_moveAzimuth azimuth=90`,
		Args: minArgs("COMPONENT[:INDEX]", "TOPIC"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withBus(cmd.Context(), &f, func(ctx context.Context, bus *salBus) error { return a.publishSample(ctx, bus, args, p) })
		},
	}
	cmd.Flags().BoolVar(&p.defaults, "defaults", false, "send 0, false or an empty text for fields of a command that are left out")
	durationVar(cmd.Flags(), &p.wait, "time-limit", 10*time.Second, "how long a command may take; progress extends it")
	f.register(cmd)
	return cmd
}

// salPublishFlags are how `loved sal publish` sends a command.
type salPublishFlags struct {
	wait     time.Duration
	defaults bool
}

func (a *app) publishSample(ctx context.Context, bus *salBus, args []string, p salPublishFlags) error {
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
	values, err := valuesOf(t, args[2:])
	if err != nil {
		return &usageError{err}
	}
	s, err := a.newSample(t, index, values)
	if err != nil {
		return &usageError{err}
	}
	warnOfValues(bus.log, t, values)
	if t.Kind == sal.Command {
		if err := checkLeftOut(c.Instance(index), t, values); err != nil && !p.defaults {
			return err
		}
		return a.commandOverSAL(ctx, bus, c, index, t, values, p.wait)
	}
	if err := bus.bus.Publish(ctx, s); err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "%s %s %s\n", c.Instance(index), t.Attr(), s)
	return nil
}

func (a *app) commandOverSAL(ctx context.Context, bus *salBus, c *sal.Component, index int, t *sal.Topic, values sal.Values, limit time.Duration) error {
	if err := bus.awaitComponents(ctx); err != nil {
		return err
	}
	remote, err := bus.domain.Remote(ctx, c.Name, index, sal.WithTopics())
	if err != nil {
		return err
	}
	defer remote.Close()
	ack, err := remote.Command(ctx, t.Name, values, sal.WithTimeout(limit))
	if err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "%s %s: %s\n", c.Instance(index), t.Attr(), cmp.Or(ack.Result, love.Done))
	return nil
}

// checkLeftOut returns an error if a command has fields without a value.
func checkLeftOut(instance string, t *sal.Topic, values sal.Values) error {
	var missing []client.Field
	for _, f := range t.Own() {
		if _, given := values[f.Name]; !given {
			missing = append(missing, client.Field{Name: f.Name, Type: f.TypeName(), Count: f.Count, Units: f.Units})
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return leftOutError(instance+" "+t.Attr(), missing, nil)
}

// warnOfValues logs what the bus carries although the definition does not expect it.
func warnOfValues(log *slog.Logger, t *sal.Topic, values sal.Values) {
	for _, f := range t.Own() {
		v, given := values[f.Name]
		if !given || v == any(sal.Null) {
			continue
		}
		if err := t.Check(sal.Values{f.Name: v}); err != nil {
			log.Warn("written all the same", "error", err)
		}
		list, _ := v.([]any)
		if slices.ContainsFunc(append(list, v), notFinite) {
			log.Warn("written all the same: a number that is not finite", "component", t.Component, "topic", t.Attr(), "field", f.Name)
		}
	}
}

func notFinite(v any) bool {
	x, ok := v.(float64)
	return ok && (math.IsNaN(x) || math.IsInf(x, 0))
}

// valuesOf reads FIELD=VALUE arguments as the values of a topic's own fields.
func valuesOf(t *sal.Topic, args []string) (sal.Values, error) {
	given, err := fieldValues(args)
	if err != nil {
		return nil, err
	}
	values := sal.Values{}
	for _, v := range given {
		f, err := ownField(t, v.field)
		if err != nil {
			return nil, err
		}
		if values[f.Name], err = v.typed(f); err != nil {
			return nil, fmt.Errorf("%s %s, field %s: %w", t.Component, t.Attr(), f.Name, err)
		}
	}
	return values, nil
}

// ownField finds a field that can be given. One that does not exist is left to the
// check of the whole sample, which names those that do.
func ownField(t *sal.Topic, name string) (sal.Field, error) {
	at := func(f sal.Field) bool { return f.Name == name }
	i := slices.IndexFunc(t.Fields, at)
	switch {
	case i < 0:
		return sal.Field{Name: name}, nil
	case !slices.ContainsFunc(t.Own(), at) && name != "salIndex":
		return sal.Field{}, fmt.Errorf("%s %s, field %s: is filled in when the sample is written, it cannot be given", t.Component, t.Attr(), name)
	}
	return t.Fields[i], nil
}

// typed returns the value as the field takes it.
func (v fieldValue) typed(f sal.Field) (any, error) {
	raw := []byte(strings.TrimSpace(v.value))
	if wire.Valid(raw) != nil || f.Type == sal.String && !wire.IsText(raw) {
		if f.Nullable && v.value == "null" {
			return sal.Null, nil
		}
		return v.value, nil
	}
	if err := wire.CheckTexts(raw); err != nil {
		return nil, err
	}
	return decoded(raw), nil
}

// decoded returns a scanned value as [sal.Values] takes it; an object as its text,
// which no field but a text takes.
func decoded(raw []byte) any {
	switch string(raw) {
	case "true", "false":
		return raw[0] == 't'
	case "null":
		return sal.Null
	case "NaN":
		return math.NaN()
	case "Infinity":
		return math.Inf(1)
	case "-Infinity":
		return math.Inf(-1)
	}
	switch raw[0] {
	case '"':
		return string(wire.Text(raw))
	case '[':
		list := []any{}
		for e := range wire.Elements(raw) {
			list = append(list, decoded(e))
		}
		return list
	case '{':
		return string(raw)
	}
	return json.Number(raw)
}

// newSample returns a sample that names its writer and the time.
func (a *app) newSample(t *sal.Topic, index int, values sal.Values) (*sal.Sample, error) {
	now := time.Now()
	tai := love.TAI(now)
	all := sal.Values{
		"private_sndStamp": tai, "private_kafkaStamp": tai, "private_efdStamp": love.UnixSeconds(now),
		"private_seqNum": 1, "private_origin": os.Getpid(), "private_revCode": t.RevisionCode(),
		"private_identity": owner.AtHost(a.env),
	}
	maps.Copy(all, values)
	if t.Indexed() && index != 0 {
		all["salIndex"] = index
	}
	return sal.NewSample(t, all)
}
