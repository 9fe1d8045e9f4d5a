package producer

import (
	"strconv"

	"github.com/rubin-love/love-go/love"
)

const (
	queueStateCSC      = "ScriptQueueState"
	scriptHeartbeatCSC = "ScriptHeartbeats"
)

// queueStream is one of the streams in which a script queue sends its state.
type queueStream struct {
	name    string
	tells   changes // the stream is sent when one of these has changed
	content func(q *queueState, dst []byte) []byte
}

// queueStreams returns the streams of a layout, in the order in which they are
// sent.
func queueStreams(l Layout) (all []queueStream) {
	if l != Single {
		all = append(all,
			queueStream{"stateStream", changedState, (*queueState).appendState},
			queueStream{"scriptsStream", changedScripts, (*queueState).appendScripts},
			queueStream{"availableScriptsStream", changedAvailable, (*queueState).appendAvailable},
		)
	}
	if l != Split {
		all = append(all, queueStream{"stream", changedState | changedScripts | changedAvailable, (*queueState).appendSingle})
	}
	return all
}

// append replaces the content of dst by the item with the present state.
func (s queueStream) append(dst []byte, q *queueState, index int) love.RawValue {
	dst = append(append(dst[:0], `{"csc":"`+queueStateCSC+`","salindex":`...), strconv.Itoa(index)...)
	dst = append(love.AppendText(append(dst, `,"data":{`...), s.name), ':')
	return append(s.content(q, dst), "}}"...)
}

func (q *queueState) appendState(dst []byte) []byte {
	return append(q.appendFlags(dst), '}')
}

func (q *queueState) appendFlags(dst []byte) []byte {
	dst = strconv.AppendBool(append(dst, `{"enabled":`...), q.enabled)
	return strconv.AppendBool(append(dst, `,"running":`...), q.running)
}

func (q *queueState) appendScripts(dst []byte) []byte {
	dst = q.appendEntries(append(dst, `{"current_scripts":`...), q.current)
	dst = q.appendEntries(append(dst, `,"waiting_scripts":`...), q.waiting)
	dst = q.appendEntries(append(dst, `,"finished_scripts":`...), q.finished)
	return append(dst, '}')
}

func (q *queueState) appendAvailable(dst []byte) []byte {
	return append(q.appendCatalogue(append(dst, '{')), '}')
}

// appendSingle appends the whole state as one object (producer spec, section 7.9).
func (q *queueState) appendSingle(dst []byte) []byte {
	dst = q.appendCatalogue(append(q.appendFlags(dst), ','))
	dst = appendIndices(append(dst, `,"waitingIndices":`...), q.waiting)
	dst = appendIndices(append(dst, `,"finishedIndices":`...), q.finished)
	dst = append(dst, `,"currentIndex":`...)
	if len(q.current) == 0 {
		dst = append(dst, `0,"current":"None"`...)
	} else {
		dst = strconv.AppendInt(dst, int64(q.current[0]), 10)
		dst = q.script(q.current[0]).appendJSON(append(dst, `,"current":`...))
	}
	dst = q.appendEntries(append(dst, `,"finished_scripts":`...), q.finished)
	dst = q.appendEntries(append(dst, `,"waiting_scripts":`...), q.waiting)
	return append(dst, '}')
}

func (q *queueState) appendCatalogue(dst []byte) []byte {
	dst = q.standard.appendJSON(append(dst, `"available_scripts":[`...), kindStandard)
	return append(q.external.appendJSON(dst, kindExternal), ']')
}

func (q *queueState) appendEntries(dst []byte, indices []int) []byte {
	dst = append(dst, '[')
	for i, index := range indices {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = q.script(index).appendJSON(dst)
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
