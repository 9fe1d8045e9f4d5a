package producer

import (
	"sync"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/sal"
)

// alarms keeps the last event of each alarm. It is safe for concurrent use.
type alarms struct {
	csc string

	mu     sync.Mutex
	fields map[string][]byte // decorated fields of each alarm, by its name
	names  []string          // of the alarms, in order of first appearance
	stale  bool              // whether the rendered object lacks a change
}

func newAlarms(csc string) *alarms {
	return &alarms{csc: csc, fields: map[string][]byte{}, stale: true}
}

// set keeps an event of an alarm.
func (a *alarms) set(e *encoder, s *sal.Sample) {
	name := s.Text("name")
	a.mu.Lock()
	defer a.mu.Unlock()
	old, known := a.fields[name]
	if !known {
		a.names = append(a.names, name)
	}
	a.fields[name] = e.appendFields(old[:0], s)
	a.stale = true
}

// header returns the header of the message with all alarms.
func (a *alarms) header() Header {
	return Header{Category: love.CategoryEvent, CSC: a.csc, Streams: []string{onlyStream}}
}

// render returns the object with all alarms, built over the bytes of the old one if
// that is stale.
func (a *alarms) render(old love.RawValue) love.RawValue {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.stale {
		return old
	}
	a.stale = false
	dst := love.AppendText(append(old[:0], `{"csc":`...), a.csc)
	dst = append(dst, `,"salindex":0,"data":{"`+onlyStream+`":{"alarms":{`...)
	for i, name := range a.names {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(append(love.AppendText(dst, name), ':'), a.fields[name]...)
	}
	return append(dst, "}}}}"...)
}
