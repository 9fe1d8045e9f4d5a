package scriptqueue

import (
	"strconv"
	"time"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/sal"
	"github.com/rubin-love/love-go/love/sal/enums"
)

const (
	kindStandard = "standard"
	kindExternal = "external"
	unknown      = "UNKNOWN"

	keptLogs = 20 // of one script
)

// timestamps lists the members of an entry that hold the time of the same name in
// the queue's event script.
var timestamps = [...]string{"timestampConfigureEnd", "timestampConfigureStart", "timestampProcessEnd", "timestampProcessStart", "timestampRunStart"}

// script holds what is known of one script (docs/protocol/producer.md#script-entry).
type script struct {
	index                             int
	path, kind                        string
	processState, scriptState         string
	times                             [len(timestamps)]float64
	duration                          float64 // expected, s
	lastCheckpoint                    string
	description, classname, remotes   string
	pauseCheckpoints, stopCheckpoints string
	logLevel                          int64
	encoded                           []byte // the encoded entry; nil after a change

	lost int
	beat time.Time // time of the last heartbeat; zero before the first
	logs [][]byte  // the newest log messages: the items of their messages
}

func newScript(index int) *script {
	return &script{
		index: index, path: unknown, kind: unknown,
		processState: unknown, scriptState: unknown, logLevel: 20,
	}
}

// applyQueueEvent applies the queue's event script.
func (s *script) applyQueueEvent(e *sal.Sample) {
	s.kind = kindExternal
	if e.Bool("isStandard") {
		s.kind = kindStandard
	}
	s.path = e.Text("path")
	s.processState = nameOf(enums.ScriptProcessState(e.Int("processState")))
	s.scriptState = nameOf(enums.ScriptState(e.Int("scriptState")))
	for i, name := range timestamps {
		s.times[i] = e.Float(name)
	}
	s.encoded = nil
}

// applyOwnEvent applies an event of the script itself, and reports whether the
// entry shows such events.
func (s *script) applyOwnEvent(e *sal.Sample) bool {
	switch e.Topic().Name {
	case "metadata":
		s.duration = e.Float("duration")
	case "state":
		s.scriptState = nameOf(enums.ScriptState(e.Int("state")))
		s.lastCheckpoint = e.Text("lastCheckpoint")
	case "description":
		s.description, s.classname, s.remotes = e.Text("description"), e.Text("classname"), e.Text("remotes")
	case "checkpoints":
		s.pauseCheckpoints, s.stopCheckpoints = e.Text("pause"), e.Text("stop")
	case "logLevel":
		s.logLevel = e.Int("level")
	default:
		return false
	}
	s.encoded = nil
	return true
}

// nameOf returns the name of a state, UNKNOWN for an unknown number.
func nameOf[S interface {
	Valid() bool
	String() string
}](state S) string {
	if !state.Valid() {
		return unknown
	}
	return state.String()
}

// addLog keeps a log message and drops the oldest beyond keptLogs.
func (s *script) addLog(item []byte) {
	if len(s.logs) == keptLogs {
		s.logs = append(s.logs[:0], s.logs[1:]...)
	}
	s.logs = append(s.logs, item)
}

// appendJSON appends the entry.
func (s *script) appendJSON(dst []byte) []byte {
	if s.encoded == nil {
		s.encoded = s.encode(make([]byte, 0, 700))
	}
	return append(dst, s.encoded...)
}

func (s *script) encode(dst []byte) []byte {
	text := func(name, value string) {
		dst = love.AppendText(append(append(append(dst, `,"`...), name...), `":`...), value)
	}
	number := func(name string, value float64) {
		dst = love.AppendFloat(append(append(append(dst, `,"`...), name...), `":`...), value)
	}
	dst = strconv.AppendInt(append(dst, `{"remote":null,"setup":true,"index":`...), int64(s.index), 10)
	text("path", s.path)
	text("type", s.kind)
	text("process_state", s.processState)
	text("script_state", s.scriptState)
	for i, name := range timestamps {
		number(name, s.times[i])
	}
	number("expected_duration", s.duration)
	text("last_checkpoint", s.lastCheckpoint)
	text("description", s.description)
	text("classname", s.classname)
	text("remotes", s.remotes)
	dst = append(dst, `,"last_heartbeat_timestamp":0,"lost_heartbeats":0`...)
	text("pause_checkpoints", s.pauseCheckpoints)
	text("stop_checkpoints", s.stopCheckpoints)
	dst = strconv.AppendInt(append(dst, `,"log_level":`...), s.logLevel, 10)
	return append(dst, '}')
}
