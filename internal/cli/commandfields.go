package cli

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rubin-love/love-go/internal/leftout"
	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/client"
)

// definitionTimeout bounds how long a command waits for its own definition, which a
// Python commander may take seconds to answer.
const definitionTimeout = 10 * time.Second

// definitionOf asks the manager for the definition of a command and its component. known
// is false if the manager has none, which is not an error.
func definitionOf(ctx context.Context, c *client.Client, command love.Command) (component client.Component, t client.Topic, known bool, err error) {
	asking, stop := context.WithTimeout(ctx, definitionTimeout)
	defer stop()
	components, err := c.Components(asking, client.CommandTopics)
	if noDefinitions(err) {
		return component, t, false, nil
	}
	if err != nil {
		return component, t, false, err
	}
	component = components[command.CSC]
	t, known = component.Commands[strings.TrimPrefix(command.Name, "cmd_")]
	return component, t, known, nil
}

// checkInstance refuses a command without an instance to a component that has several,
// which none would answer. warning names the instances that the manager has seen, if
// the one of the command is not among them.
func checkInstance(ctx context.Context, c *client.Client, command love.Command, component client.Component) (warning string, err error) {
	if !component.Indexed {
		return "", nil // where an instance is given all the same, the commander refuses it
	}
	var seen []string
	if streams, err := c.Streams(ctx, command.CSC); err == nil { // only to say more
		seen = knownTopics{streams: streams}.indices(command.CSC)
	}
	switch {
	case command.SalIndex == 0 && len(seen) == 0:
		return "", usagef("%s has instances; nothing was sent: write which, as in %[1]s:1", command.CSC)
	case command.SalIndex == 0:
		return "", usagef("%s has instances, of which the manager has seen %s; nothing was sent: write which, as in %[1]s:%[3]s",
			command.CSC, strings.Join(seen, ", "), seen[0])
	case len(seen) > 0 && !slices.Contains(seen, strconv.Itoa(command.SalIndex)):
		return fmt.Sprintf("this manager has seen no instance %d of %s, only %s", command.SalIndex, command.CSC, strings.Join(seen, ", ")), nil
	}
	return "", nil
}

// noDefinitions reports whether an error of [client.Client.Components] means that the
// manager has none: it or its commander does not answer salinfo, or it has no commander.
func noDefinitions(err error) bool {
	answered, ok := errors.AsType[*client.HTTPError](err)
	return ok && slices.Contains([]int{http.StatusNotFound, http.StatusNotImplemented, http.StatusServiceUnavailable}, answered.Status)
}

// uncheckedError is the error of a command whose definition the manager should have, but
// did not give.
func uncheckedError(name string, err error) error {
	if answered, ok := errors.AsType[*client.HTTPError](err); ok && answered.Status == http.StatusUnauthorized {
		return err
	}
	return fmt.Errorf("whether %s leaves out a field could not be checked: %w; nothing was sent: try again, or give --defaults to send it without this check",
		name, withHint(err))
}

// leftOut returns the fields of a command that have no value, and the values without a
// field.
func leftOut(t client.Topic, values []fieldValue) (missing []client.Field, unknown []string) {
	for _, f := range t.Fields {
		if !slices.ContainsFunc(values, func(v fieldValue) bool { return v.field == f.Name }) {
			missing = append(missing, f)
		}
	}
	for _, v := range values {
		if _, ok := t.Field(v.field); !ok && v.field != "salIndex" {
			unknown = append(unknown, v.field)
		}
	}
	return missing, unknown
}

// leftOutError refuses a command with fields left out: what SAL sends for them is hardly
// ever what was meant.
func leftOutError(name string, missing []client.Field, unknown []string) error {
	var b strings.Builder
	b.WriteString(name)
	if len(unknown) > 0 {
		fmt.Fprintf(&b, " has no field %s, and", strings.Join(unknown, ", "))
	}
	fmt.Fprintf(&b, " leaves out %s; nothing was sent: ", strings.Join(fieldTexts(missing), ", "))
	if len(missing) == 1 {
		f := missing[0]
		fmt.Fprintf(&b, "give %s=VALUE, or --defaults to send %s", f.Name, leftout.Value(f.Name, f.Type, f.Count))
	} else {
		b.WriteString("give FIELD=VALUE for each, or --defaults to send 0, false or an empty text for them")
	}
	return &usageError{errors.New(b.String())}
}

// defaultTexts returns the fields as they are sent when they are left out.
func defaultTexts(fields []client.Field) []string {
	texts := make([]string, len(fields))
	for i, f := range fields {
		texts[i] = leftout.WithUnits(f.Name, f.Type, f.Units, f.Count)
	}
	return texts
}

// fieldTexts describes fields: "azimuth (float, deg)".
func fieldTexts(fields []client.Field) []string {
	texts := make([]string, len(fields))
	for i, f := range fields {
		texts[i] = fmt.Sprintf("%s (%s)", f.Name, typeText(f))
	}
	return texts
}

// typeText describes what a field holds: "float, deg", "boolean", "double[6], mm".
func typeText(f client.Field) string {
	text := f.Type
	if f.Count > 1 {
		text += fmt.Sprintf("[%d]", f.Count)
	}
	if hasUnits(f) {
		text += ", " + f.Units
	}
	return text
}

func hasUnits(f client.Field) bool { return f.Units != "" && f.Units != "unitless" }

// textFields returns which fields of a command are texts.
func textFields(t client.Topic) map[string]bool {
	isText := map[string]bool{}
	for _, f := range t.Fields {
		isText[f.Name] = f.Type == "string"
	}
	return isText
}
