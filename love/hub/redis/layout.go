package redis

import (
	"hash/fnv"
	"strconv"
	"strings"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/hub"
)

// layout names the channels and keys (docs/scaling.md). All have the same hash tag, the
// prefix in braces: in a cluster they are on one server, on which their order is kept and
// transactions are possible.
type layout struct {
	tag     string // "{love}:"
	sharded bool   // channels of a cluster, where there are no patterns
}

func newLayout(prefix string, sharded bool) layout { return layout{"{" + prefix + "}:", sharded} }

// buckets is how many channels stand for those of the components in a cluster: sharded
// channels have no patterns, and who wants a whole category subscribes to each bucket.
const buckets = 64

// escape keeps the parts of a name apart.
var escape = strings.NewReplacer("%", "%25", ":", "%3A")

// channel returns the channel of a topic.
func (l layout) channel(t hub.Topic) string {
	name := escape.Replace(string(t.Category)) + ":" + component(t)
	if !l.sharded {
		return l.tag + "c:" + name
	}
	if t.IsCategory() {
		return l.tag + "c:several"
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(name))
	return l.bucket(int(h.Sum32() % buckets))
}

func (l layout) bucket(n int) string { return l.tag + "c:" + strconv.Itoa(n) }

func component(t hub.Topic) string { return escape.Replace(t.CSC) + ":" + escape.Replace(t.SalIndex) }

// channelsOf returns the channels in which a topic that is wanted is published; as
// patterns, if pattern is set.
func (l layout) channelsOf(t hub.Topic) (names []string, pattern bool) {
	switch {
	case !t.IsCategory():
		return []string{l.channel(t), l.channel(hub.Topic{Category: t.Category})}, false
	case !l.sharded:
		return []string{globbed(l.tag+"c:"+escape.Replace(string(t.Category))) + ":*"}, true
	}
	return l.allBuckets(), false
}

// everything returns the channels of all topics.
func (l layout) everything() (names []string, pattern bool) {
	if l.sharded {
		return l.allBuckets(), false
	}
	return []string{globbed(l.tag) + "c:*"}, true
}

func (l layout) allBuckets() []string {
	names := []string{l.channel(hub.Topic{})}
	for n := range buckets {
		names = append(names, l.bucket(n))
	}
	return names
}

// globbed returns a pattern that matches the text alone.
func globbed(text string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`, "]", `\]`).Replace(text)
}

// control is the channel of what all managers want.
func (l layout) control() string { return l.tag + "control" }

// marker is the channel in which a manager's own markers come back.
func (l layout) marker(origin uint64) string { return l.tag + "m:" + hex(origin) }

// values is the key of the last values of a component.
func (l layout) values(t hub.Topic) string {
	return l.tag + "v:" + escape.Replace(string(t.Category)) + ":" + component(t)
}

// components is the key of the set of components of a category that have last values.
func (l layout) components(c love.Category) string {
	return l.tag + "components:" + escape.Replace(string(c))
}

// valuesOf is [layout.values] of an element of that set.
func (l layout) valuesOf(c love.Category, element string) string {
	return l.tag + "v:" + escape.Replace(string(c)) + ":" + element
}

// managers is the key of the set of managers.
func (l layout) managers() string { return l.tag + "managers" }

// live is the key of the set of sources of a manager, which expires when it dies. It
// also holds [self].
func (l layout) live(origin uint64) string { return l.tag + "live:" + hex(origin) }

// self is in the set of live sources of each manager, so that it is never empty.
const self = "-"

func hex(origin uint64) string { return strconv.FormatUint(origin, 16) }
