package salcommander

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"sync"

	"github.com/rubin-love/love-go/internal/wire"
	"github.com/rubin-love/love-go/love/sal"
)

// topicInfo answers salinfo from definitions. The answers have hundreds of
// kilobytes and never change, so each is encoded only once.
type topicInfo struct {
	defs *sal.Definitions

	names, data [1 << len(infoKinds)]answer // by set of categories
}

type answer struct {
	once sync.Once
	body []byte
}

// infoKinds are the categories of salinfo in the order of its answers.
var infoKinds = [...]sal.Kind{sal.Event, sal.Telemetry, sal.Command}

// kindSet is a set of infoKinds, one bit for each.
type kindSet uint

const allKinds = 1<<len(infoKinds) - 1

// parseKinds reads "event-telemetry-command". It ignores unknown words, and
// returns all kinds if it knows none.
func parseKinds(categories string) kindSet {
	var set kindSet
	for word := range strings.SplitSeq(categories, "-") {
		for i, k := range infoKinds {
			if word == k.String() {
				set |= 1 << i
			}
		}
	}
	if set == 0 {
		return allKinds
	}
	return set
}

// TopicNames implements [commander.Informer]: {"ATDome": {"event_names": ["…"],
// "telemetry_names": ["…"], "command_names": ["…"]}}. A component whose
// definition cannot be read is left out.
func (c *Commander) TopicNames(_ context.Context, categories string) (json.RawMessage, error) {
	set := parseKinds(categories)
	return c.info.answer(&c.info.names[set], set, "_names", appendNames), nil
}

// TopicData implements [commander.Informer]: {"ATDome": {"event_data": {"summaryState":
// {"summaryState": {"name", "description", "units", "type_name", "count"}}}}},
// with salIndex and without private fields. A field whose numbers have names has those
// too: "choices": [{"name", "number"}].
func (c *Commander) TopicData(_ context.Context, categories string) (json.RawMessage, error) {
	set := parseKinds(categories)
	return c.info.answer(&c.info.data[set], set, "_data", appendTopics), nil
}

func (i *topicInfo) answer(a *answer, set kindSet, suffix string, value func([]byte, *sal.Component, sal.Kind) []byte) json.RawMessage {
	a.once.Do(func() { a.body = i.encode(set, suffix, value) })
	return a.body
}

func (i *topicInfo) encode(set kindSet, suffix string, value func([]byte, *sal.Component, sal.Kind) []byte) []byte {
	body := []byte{'{'}
	for _, name := range i.defs.Names() {
		c, err := i.defs.Component(name)
		if err != nil {
			continue
		}
		body = append(wire.AppendKey(body, name), '{')
		for bit, k := range infoKinds {
			if set&(1<<bit) != 0 {
				body = value(wire.AppendKey(body, k.String()+suffix), c, k)
			}
		}
		body = append(body, '}')
	}
	return append(body, '}')
}

func appendNames(dst []byte, c *sal.Component, k sal.Kind) []byte {
	dst = append(dst, '[')
	for n, name := range c.Names(k) {
		if n > 0 {
			dst = append(dst, ',')
		}
		dst = wire.AppendText(dst, name)
	}
	return append(dst, ']')
}

func appendTopics(dst []byte, c *sal.Component, k sal.Kind) []byte {
	dst = append(dst, '{')
	for _, name := range c.Names(k) {
		t, _ := c.Topic(k.Prefix() + name)
		dst = append(wire.AppendKey(dst, name), '{')
		for _, f := range t.Fields {
			if !strings.HasPrefix(f.Name, "private_") {
				dst = appendField(wire.AppendKey(dst, f.Name), f, c.Choices(t, f))
			}
		}
		dst = append(dst, '}')
	}
	return append(dst, '}')
}

func appendField(dst []byte, f sal.Field, choices []sal.Choice) []byte {
	dst = append(dst, '{')
	dst = wire.AppendText(wire.AppendKey(dst, "name"), f.Name)
	dst = wire.AppendText(wire.AppendKey(dst, "description"), f.Description)
	dst = wire.AppendText(wire.AppendKey(dst, "units"), f.Units)
	dst = wire.AppendText(wire.AppendKey(dst, "type_name"), f.TypeName())
	dst = strconv.AppendInt(wire.AppendKey(dst, "count"), int64(f.Count), 10)
	if choices != nil {
		dst = append(wire.AppendKey(dst, "choices"), '[')
		for i, choice := range choices {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = wire.AppendText(wire.AppendKey(append(dst, '{'), "name"), choice.Name)
			dst = append(strconv.AppendInt(wire.AppendKey(dst, "number"), choice.Number, 10), '}')
		}
		dst = append(dst, ']')
	}
	return append(dst, '}')
}
