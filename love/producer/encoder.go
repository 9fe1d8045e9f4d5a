package producer

import (
	"strconv"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/sal"
)

// encoder writes the samples of one topic as items of data messages. It keeps
// the text that is the same for every sample.
type encoder struct {
	topic *sal.Topic
	head  []byte // text before the index
	begin []byte // text between the index and the object of fields
	// parts[i] precedes the value of field i; the last part ends the object.
	parts   [][]byte
	end     []byte // text after the object
	streams []string
	size    int // bytes of the longest encoded object so far
}

// newEncoder returns the encoder of a topic. An event is written as a list with one
// object of fields, telemetry as the object itself (docs/protocol/producer.md#data).
func newEncoder(t *sal.Topic) *encoder {
	e := &encoder{topic: t, streams: []string{t.Name}}
	open, shut := "", ""
	if t.Kind == sal.Event {
		open, shut = "[", "]"
	}
	e.head = append(love.AppendText([]byte(`{"csc":`), t.Component), `,"salindex":`...)
	e.begin = append(append(love.AppendText([]byte(`,"data":{`), t.Name), ':'), open...)
	e.end = append([]byte(shut), "}}"...)
	part := []byte{'{'}
	for i, f := range t.Fields {
		if i > 0 {
			part = append(part, ',')
		}
		part = append(love.AppendText(part, f.Name), `:{"value":`...)
		e.parts = append(e.parts, part)
		part = love.AppendText([]byte(`,"dataType":`), DataType(f))
		part = append(love.AppendText(append(part, `,"units":`...), f.Units), '}')
	}
	e.parts = append(e.parts, append(part, '}'))
	return e
}

// header returns the header of the messages of samples, which carry the given
// index.
func (e *encoder) header(index love.SalIndex) Header {
	h := Header{
		Category: love.CategoryEvent, CSC: e.topic.Component, SalIndex: index, Streams: e.streams,
	}
	if e.topic.Kind != sal.Event {
		h.Category, h.Replaceable = love.CategoryTelemetry, true
	}
	return h
}

// encode returns the object of a sample of the encoder's topic, with the given
// index.
func (e *encoder) encode(s *sal.Sample, index int) love.RawValue {
	object := e.append(make([]byte, 0, e.size), s, index)
	e.size = max(e.size, len(object))
	return object
}

// append appends the object of a sample.
func (e *encoder) append(dst []byte, s *sal.Sample, index int) []byte {
	dst = append(dst, e.head...)
	dst = append(strconv.AppendInt(dst, int64(index), 10), e.begin...)
	return append(e.appendFields(dst, s), e.end...)
}

// appendFields appends the object of decorated fields.
func (e *encoder) appendFields(dst []byte, s *sal.Sample) []byte {
	last := len(e.parts) - 1
	for i, part := range e.parts[:last] {
		dst = s.AppendValue(append(dst, part...), i)
	}
	return append(dst, e.parts[last]...)
}
