package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rubin-love/love-go/internal/similar"
	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/client"
	"github.com/rubin-love/love-go/love/sal"
)

// topicsFlags are the flags of `loved topics`.
type topicsFlags struct {
	conn clientFlags
	json bool
}

func (a *app) topicsCommand() *cobra.Command {
	var f topicsFlags
	cmd := &cobra.Command{
		Use:   "topics [CSC[:INDEX] [TOPIC]]",
		Short: "Show what there is: components, topics and fields, and what is live",
		Long: `Show what this manager knows of the observatory: all components, the topics of one with their fields
(type and units), or the fields of one topic with their descriptions and the names of their numbers.

Of several managers that act as one, this one knows only of what its own clients published or wanted.
LAST is when a topic was last published to the manager since it started; "gone" means that its
publisher is no longer connected. LIVE counts the events and telemetry whose publisher is.
With --json everything is printed as one JSON object: {"components": {NAME: {"indexed", "commands",
"events", "telemetry"}}, "streams": [{"category", "csc", "salindex", "stream", "messages", "last",
"live"}]}, where a topic is {"fields": [{"name", "type_name", "count", "units", "description",
"choices"}]}.`,
		Example: `  loved topics
  loved topics ATDome
  loved topics MTHexapod:1 actuators`,
		Args: cobra.MaximumNArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.showTopics(cmd.Context(), &f, args)
		},
		ValidArgsFunction: func(cmd *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
			return a.completeTopic(cmd, &f.conn, args, prefix)
		},
	}
	f.conn.registerUser(cmd.Flags())
	cmd.Flags().BoolVar(&f.json, "json", false, "print JSON, for programs")
	return cmd
}

func (a *app) showTopics(ctx context.Context, f *topicsFlags, args []string) error {
	csc, index, topic := "", "", ""
	if len(args) > 0 {
		name, number, err := sal.ParseName(args[0])
		if err != nil {
			return &usageError{err}
		}
		if csc = name; strings.Contains(args[0], ":") {
			index = fmt.Sprint(number)
		}
	}
	if len(args) > 1 {
		topic = args[1]
	}
	c, err := a.userClient(ctx, f.conn)
	if err != nil {
		return err
	}
	k, err := askTopics(ctx, c, "")
	if err != nil {
		return withHint(err)
	}
	switch {
	case !k.defined && !k.reported:
		return errors.New("the manager does not know the observatory's definitions, and does not report what was published")
	case !k.defined:
		fmt.Fprintln(a.stderr, "The manager does not know the observatory's definitions: shown is only what was published.")
	case !k.reported:
		fmt.Fprintln(a.stderr, "The manager does not report what was published: shown are only the definitions.")
	}
	if csc != "" && !slices.Contains(k.names(), csc) {
		return usagef("this manager neither knows nor has seen a component %q%s", csc, similar.Question(similar.Names(csc, k.names())))
	}
	table := topicTable{knownTopics: k, now: time.Now(), csc: csc, index: index}
	switch {
	case f.json:
		return a.printTopicsJSON(k.only(csc, index))
	case csc == "":
		return printTable(a.stdout, table.components(), a.width(), 1, 2, 3, 4)
	case topic == "":
		return printTable(a.stdout, table.topics(), a.width())
	}
	rows, err := table.fields(topic)
	if err != nil {
		return err
	}
	return printTable(a.stdout, rows, a.width())
}

// only returns what concerns a component, if csc is not empty, and one instance of it, if
// index is not.
func (k knownTopics) only(csc, index string) knownTopics {
	if csc == "" {
		return k
	}
	streams := slices.DeleteFunc(slices.Clone(k.streams), func(s love.StreamStats) bool {
		return s.CSC != csc || index != "" && s.SalIndex != index
	})
	components := maps.Clone(k.components)
	maps.DeleteFunc(components, func(name string, _ client.Component) bool { return name != csc })
	k.streams, k.components = streams, components
	return k
}

func (a *app) printTopicsJSON(k knownTopics) error {
	answer := struct {
		Components map[string]client.Component `json:"components"`
		Streams    []love.StreamStats          `json:"streams"`
	}{k.components, k.streams}
	if answer.Components == nil {
		answer.Components = map[string]client.Component{}
	}
	if answer.Streams == nil {
		answer.Streams = []love.StreamStats{}
	}
	to := json.NewEncoder(a.stdout)
	to.SetEscapeHTML(false)
	if err := to.Encode(answer); err != nil {
		return fmt.Errorf("printing: %w", err)
	}
	return nil
}
