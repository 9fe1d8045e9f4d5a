package scriptqueue

import (
	"strconv"

	"github.com/rubin-love/love-go/love"
)

// StateComponent is the component under which a queue sends its state.
const StateComponent = "ScriptQueueState"

// Stream is a stream in which a queue sends its state or a part of it.
type Stream struct {
	Name string
	// Shows is what the stream shows: it is sent when one of these has changed.
	Shows   Changes
	content func(s *State, dst []byte) []byte
}

// SplitStreams returns the streams in which a queue sends its state in parts, in the
// order in which they are sent (docs/protocol/producer.md#streams).
func SplitStreams() []Stream {
	return []Stream{
		{"stateStream", Flags, (*State).appendFlagsObject},
		{"scriptsStream", Scripts, (*State).appendScripts},
		{"availableScriptsStream", Available, (*State).appendAvailable},
	}
}

// SingleStream returns the stream in which a queue sends its state as a whole
// (docs/protocol/producer.md#single-layout).
func SingleStream() Stream {
	return Stream{"stream", Flags | Scripts | Available, (*State).appendWhole}
}

// AppendItem appends the item of the message with the present state of the queue
// of an index.
func (s Stream) AppendItem(dst []byte, q *State, index int) []byte {
	dst = strconv.AppendInt(append(dst, `{"csc":"`+StateComponent+`","salindex":`...), int64(index), 10)
	dst = append(love.AppendText(append(dst, `,"data":{`...), s.Name), ':')
	return append(s.content(q, dst), "}}"...)
}

func (s *State) appendFlagsObject(dst []byte) []byte {
	return append(s.appendFlags(append(dst, '{')), '}')
}

func (s *State) appendScripts(dst []byte) []byte {
	dst = s.appendEntries(append(dst, `{"current_scripts":`...), s.current)
	dst = s.appendEntries(append(dst, `,"waiting_scripts":`...), s.waiting)
	dst = s.appendEntries(append(dst, `,"finished_scripts":`...), s.finished)
	return append(dst, '}')
}

func (s *State) appendAvailable(dst []byte) []byte {
	return append(s.appendAvailableList(append(dst, '{')), '}')
}

func (s *State) appendWhole(dst []byte) []byte {
	dst = s.appendAvailableList(append(s.appendFlags(append(dst, '{')), ','))
	dst = appendIndices(append(dst, `,"waitingIndices":`...), s.waiting)
	dst = appendIndices(append(dst, `,"finishedIndices":`...), s.finished)
	dst = append(dst, `,"currentIndex":`...)
	if len(s.current) == 0 {
		dst = append(dst, `0,"current":"None"`...)
	} else {
		dst = strconv.AppendInt(dst, int64(s.current[0]), 10)
		dst = s.script(s.current[0]).appendJSON(append(dst, `,"current":`...))
	}
	dst = s.appendEntries(append(dst, `,"finished_scripts":`...), s.finished)
	dst = s.appendEntries(append(dst, `,"waiting_scripts":`...), s.waiting)
	return append(dst, '}')
}

func (s *State) appendFlags(dst []byte) []byte {
	dst = strconv.AppendBool(append(dst, `"enabled":`...), s.enabled)
	return strconv.AppendBool(append(dst, `,"running":`...), s.running)
}

func (s *State) appendAvailableList(dst []byte) []byte {
	dst = s.standard.appendJSON(append(dst, `"available_scripts":[`...), kindStandard)
	return append(s.external.appendJSON(dst, kindExternal), ']')
}

func (s *State) appendEntries(dst []byte, indices []int) []byte {
	dst = append(dst, '[')
	for i, index := range indices {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = s.script(index).appendJSON(dst)
	}
	return append(dst, ']')
}

func appendIndices(dst []byte, indices []int) []byte {
	dst = append(dst, '[')
	for i, index := range indices {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = strconv.AppendInt(dst, int64(index), 10)
	}
	return append(dst, ']')
}
