// Package scriptqueue keeps the state of a script queue as LOVE shows it: a state
// machine that is fed the events of the queue and of its scripts, and the JSON of
// that state. It does no I/O, has no clock and takes no lock.
package scriptqueue

import (
	"maps"
	"slices"
	"time"

	"github.com/rubin-love/love-go/love/sal"
)

// Changes is a set of parts of a [State].
type Changes uint8

// The parts of a state.
const (
	Flags     Changes = 1 << iota // whether the queue is enabled and running
	Scripts                       // the scripts in the queue
	Available                     // the scripts that the queue could run
)

// State holds what is known of a script queue
// (docs/protocol/producer.md#script-queue). Use [New].
type State struct {
	limit     int // length of the finished list; negative for no limit
	encodeLog func(*sal.Sample) []byte

	enabled, running           bool
	current, waiting, finished []int
	scripts                    map[int]*script
	standard, external         availableScripts

	early  []*sal.Sample // events of scripts from before Start
	begun  bool          // whether Start was called
	listed bool          // whether the queue has listed its scripts
}

// New returns the state of a queue of which nothing is known yet. It lists the
// newest limit finished scripts, or all if limit is negative. encodeLog returns
// the item of the message with a log message of a script.
func New(limit int, encodeLog func(*sal.Sample) []byte) *State {
	return &State{limit: limit, encodeLog: encodeLog, scripts: map[int]*script{}}
}

// Start ends the time in which events of scripts are older than the state and in any
// order. Such events are kept until then, and until the queue has listed its scripts
// (docs/protocol/producer.md#inputs).
func (s *State) Start() Changes {
	s.begun = true
	return s.applyEarly()
}

// applyEarly applies the events from before Start, once that is possible.
func (s *State) applyEarly() (changed Changes) {
	if !s.begun || !s.listed {
		return 0
	}
	for _, e := range s.early {
		if e.Topic().Name == "logMessage" {
			s.AddLog(e)
		} else {
			changed |= s.ApplyScriptEvent(e)
		}
	}
	s.early = nil
	return changed
}

// ApplyQueue applies the queue's event queue, which lists the scripts, and forgets
// those that are no longer in any list.
func (s *State) ApplyQueue(e *sal.Sample) Changes {
	s.enabled, s.running = e.Bool("enabled"), e.Bool("running")
	s.current = s.current[:0]
	if index := int(e.Int("currentSalIndex")); index > 0 {
		s.current = append(s.current, index)
	}
	past := e.Int("pastLength")
	if s.limit >= 0 {
		past = min(past, int64(s.limit))
	}
	s.waiting = firstOf(s.waiting, e.Ints("salIndices"), e.Int("length"))
	s.finished = firstOf(s.finished, e.Ints("pastSalIndices"), past)

	listed := slices.Concat(s.current, s.waiting, s.finished)
	maps.DeleteFunc(s.scripts, func(index int, _ *script) bool { return !slices.Contains(listed, index) })
	for _, index := range listed {
		s.script(index)
	}
	s.listed = true
	return Flags | Scripts | s.applyEarly()
}

// firstOf replaces the content of dst by the first n elements of list.
func firstOf(dst []int, list []int64, n int64) []int {
	dst = dst[:0]
	for _, v := range list[:min(max(n, 0), int64(len(list)))] {
		dst = append(dst, int(v))
	}
	return dst
}

// script returns the entry of an index, made if necessary. The script may not be in
// a list yet, or no longer: events of scripts come before and after those of the
// queue.
func (s *State) script(index int) *script {
	entry := s.scripts[index]
	if entry == nil {
		entry = newScript(index)
		s.scripts[index] = entry
	}
	return entry
}

// ApplyScript applies the queue's event script.
func (s *State) ApplyScript(e *sal.Sample) Changes {
	s.script(int(e.Int("scriptSalIndex"))).applyQueueEvent(e)
	return Scripts
}

// ApplyAvailable applies the queue's event availableScripts and forgets all paths
// that it does not list.
func (s *State) ApplyAvailable(e *sal.Sample) Changes {
	s.standard.set(e.Text("standard"))
	s.external.set(e.Text("external"))
	return Available
}

// ApplySchema applies the queue's event configSchema.
func (s *State) ApplySchema(e *sal.Sample) Changes {
	list := &s.external
	if e.Bool("isStandard") {
		list = &s.standard
	}
	list.setSchema(e.Text("path"), e.Text("configSchema"))
	return Available
}

// ApplyScriptEvent applies an event of a script itself. It ignores a script
// without an entry, which is not of this queue.
func (s *State) ApplyScriptEvent(e *sal.Sample) Changes {
	if !s.begun {
		s.early = append(s.early, e)
		return 0
	}
	if entry := s.scripts[e.Index()]; entry == nil || !entry.applyOwnEvent(e) {
		return 0
	}
	return Scripts
}

// AddLog keeps a log message of a script. It returns the item of the message if it
// is to be sent: the script is running or waiting.
func (s *State) AddLog(e *sal.Sample) (item []byte, send bool) {
	if !s.begun {
		s.early = append(s.early, e)
		return nil, false
	}
	entry := s.scripts[e.Index()]
	if entry == nil {
		return nil, false
	}
	item = s.encodeLog(e)
	entry.addLog(item)
	return item, slices.Contains(s.current, e.Index()) || slices.Contains(s.waiting, e.Index())
}

// Log is a log message of a script: the item of the message.
type Log struct {
	Script int
	Item   []byte
}

// Logs returns the kept log messages of the running script, oldest first.
func (s *State) Logs() (logs []Log) {
	for _, index := range s.current {
		for _, item := range s.script(index).logs {
			logs = append(logs, Log{index, item})
		}
	}
	return logs
}

// Beat notes a heartbeat of a script. One from before [State.Start] is ignored: it
// may be old and does not show that the script is alive.
func (s *State) Beat(index int, now time.Time) {
	if entry := s.scripts[index]; entry != nil && s.begun {
		entry.beat = now
	}
}

// CheckBeats updates the number of lost heartbeats of each running and then of
// each waiting script, and returns them.
func (s *State) CheckBeats(now time.Time) (beats []Heartbeat) {
	for _, index := range slices.Concat(s.current, s.waiting) {
		beats = append(beats, s.script(index).checkBeat(now))
	}
	return beats
}

// Path names a script that a queue could run.
type Path struct {
	Standard bool // or external
	Path     string
}

// Paths returns the scripts that the queue could run.
func (s *State) Paths() (paths []Path) {
	for _, path := range s.standard.paths {
		paths = append(paths, Path{true, path})
	}
	for _, path := range s.external.paths {
		paths = append(paths, Path{false, path})
	}
	return paths
}
