package producer

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/sal"
)

// changes is the set of the parts of a queueState that an event has changed.
type changes uint8

const (
	changedState changes = 1 << iota
	changedScripts
	changedAvailable
)

// queueState holds what is known of a script queue (producer spec, sections 7.1 to
// 7.5). It does no I/O and has no clock.
type queueState struct {
	limit int // length of the finished list; negative for no limit

	enabled, running           bool
	current, waiting, finished []int
	scripts                    map[int]*script
	standard, external         catalogue
}

func newQueueState(limit int) *queueState {
	return &queueState{limit: limit, scripts: map[int]*script{}}
}

// applyQueue applies the event queue, which lists the scripts, and forgets those
// that are no longer in any list.
func (q *queueState) applyQueue(s *sal.Sample) changes {
	q.enabled, q.running = s.Bool("enabled"), s.Bool("running")
	q.current = q.current[:0]
	if index := int(s.Int("currentSalIndex")); index > 0 {
		q.current = append(q.current, index)
	}
	past := s.Int("pastLength")
	if q.limit >= 0 {
		past = min(past, int64(q.limit))
	}
	q.waiting = firstOfList(q.waiting, s.Ints("salIndices"), s.Int("length"))
	q.finished = firstOfList(q.finished, s.Ints("pastSalIndices"), past)

	listed := slices.Concat(q.current, q.waiting, q.finished)
	maps.DeleteFunc(q.scripts, func(index int, _ *script) bool { return !slices.Contains(listed, index) })
	for _, index := range listed {
		q.script(index)
	}
	return changedState | changedScripts
}

// firstOfList replaces the content of dst by the first n elements of list.
func firstOfList(dst []int, list []int64, n int64) []int {
	dst = dst[:0]
	for _, v := range list[:min(max(n, 0), int64(len(list)))] {
		dst = append(dst, int(v))
	}
	return dst
}

// script returns the entry of an index and makes it if there is none. The script
// may not be in a list yet, or no longer: events of scripts come before and after
// those of the queue.
func (q *queueState) script(index int) *script {
	s := q.scripts[index]
	if s == nil {
		s = newScript(index)
		q.scripts[index] = s
	}
	return s
}

// applyScript applies the queue's event script.
func (q *queueState) applyScript(s *sal.Sample) changes {
	q.script(int(s.Int("scriptSalIndex"))).tellByQueue(s)
	return changedScripts
}

// applyScriptEvent applies an event of a script itself. It ignores a script
// without an entry, which is not of this queue.
func (q *queueState) applyScriptEvent(s *sal.Sample) changes {
	entry := q.scripts[s.Index()]
	if entry == nil || !entry.tellByScript(s) {
		return 0
	}
	return changedScripts
}

// applyAvailable applies the event availableScripts and forgets all paths that it
// does not list.
func (q *queueState) applyAvailable(s *sal.Sample) changes {
	q.standard.announce(s.Text("standard"))
	q.external.announce(s.Text("external"))
	return changedAvailable
}

// applySchema applies the event configSchema.
func (q *queueState) applySchema(s *sal.Sample) changes {
	c := &q.external
	if s.Bool("isStandard") {
		c = &q.standard
	}
	c.learn(s.Text("path"), s.Text("configSchema"))
	return changedAvailable
}

// beat notes that a script gave a sign of life.
func (q *queueState) beat(index int, now time.Time) {
	if s := q.scripts[index]; s != nil {
		s.beat = now
	}
}

// isActive reports whether a script is running or waiting.
func (q *queueState) isActive(index int) bool {
	return slices.Contains(q.current, index) || slices.Contains(q.waiting, index)
}

// eachBeat updates the count of lost heartbeats of each running and then of each
// waiting script, and yields the script.
func (q *queueState) eachBeat(now time.Time, yield func(*script)) {
	for _, index := range slices.Concat(q.current, q.waiting) {
		s := q.script(index)
		s.countBeat(now)
		yield(s)
	}
}

// catalogue lists the scripts of one kind that a queue could run.
type catalogue struct {
	paths   []string // in order of first appearance
	schemas map[string]string
}

const noSchema = "# empty schema"

// announce sets the paths from a list joined with colons. Known ones keep their
// schemas.
func (c *catalogue) announce(joined string) {
	announced := slices.DeleteFunc(strings.Split(joined, ":"), func(path string) bool { return path == "" })
	known := map[string]bool{}
	for _, path := range announced {
		known[path] = true
	}
	c.paths = slices.DeleteFunc(c.paths, func(path string) bool { return !known[path] })
	maps.DeleteFunc(c.schemas, func(path, _ string) bool { return !known[path] })
	for _, path := range announced {
		c.add(path, "")
	}
}

func (c *catalogue) learn(path, schema string) {
	if schema == "" {
		schema = noSchema
	}
	c.add(path, schema)
	c.schemas[path] = schema
}

// add adds a path that is not known yet.
func (c *catalogue) add(path, schema string) {
	if _, known := c.schemas[path]; known {
		return
	}
	if c.schemas == nil {
		c.schemas = map[string]string{}
	}
	c.paths = append(c.paths, path)
	c.schemas[path] = schema
}

// appendJSON appends the paths as elements of a JSON list that may have some
// already.
func (c *catalogue) appendJSON(dst []byte, kind string) []byte {
	for _, path := range c.paths {
		if dst[len(dst)-1] != '[' {
			dst = append(dst, ',')
		}
		dst = love.AppendText(append(dst, `{"type":`...), kind)
		dst = love.AppendText(append(dst, `,"path":`...), path)
		dst = append(love.AppendText(append(dst, `,"configSchema":`...), c.schemas[path]), '}')
	}
	return dst
}

// schemaCommands returns the fields of the commands that ask for all schemas.
func (q *queueState) schemaCommands() (commands []sal.Values) {
	for _, path := range q.standard.paths {
		commands = append(commands, sal.Values{"isStandard": true, "path": path})
	}
	for _, path := range q.external.paths {
		commands = append(commands, sal.Values{"isStandard": false, "path": path})
	}
	return commands
}
