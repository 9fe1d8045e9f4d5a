package producer

import (
	"strconv"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/sal"
)

// DataType is the text that tells a viewer how to show a field: "Int",
// "Float", "String", or "Array<…>" of one of the first two. It depends on the
// definition alone; a boolean is an Int, a string never an array (producer
// spec, section 2.3).
func DataType(f sal.Field) string {
	kind := "Int"
	switch {
	case f.Type == sal.String:
		return "String"
	case f.Type.IsFloat():
		kind = "Float"
	}
	if f.IsArray() {
		return "Array<" + kind + ">"
	}
	return kind
}

// encoder writes the samples of one topic as items of data messages. All that
// does not change from sample to sample is kept ready.
type encoder struct {
	topic    *sal.Topic
	category love.Category
	// parts[i] stands before the value of field i; the last one ends the item.
	parts [][]byte
	size  int // of the longest item so far
}

// newEncoder makes the encoder of a topic for the producer with that index: an
// event is a list with one object of fields, telemetry the object itself.
func newEncoder(t *sal.Topic, index int) *encoder {
	e := &encoder{topic: t, category: love.CategoryTelemetry}
	begin, end := "{", "}"
	if t.Kind == sal.Event {
		e.category = love.CategoryEvent
		begin, end = "[{", "}]"
	}
	part := love.AppendText([]byte(`{"csc":`), t.Component)
	part = strconv.AppendInt(append(part, `,"salindex":`...), int64(index), 10)
	part = love.AppendText(append(part, `,"data":{`...), t.Name)
	part = append(append(part, ':'), begin...)
	for i, f := range t.Fields {
		if i > 0 {
			part = append(part, ',')
		}
		part = append(love.AppendText(part, f.Name), `:{"value":`...)
		e.parts = append(e.parts, part)
		part = love.AppendText([]byte(`,"dataType":`), DataType(f))
		part = append(love.AppendText(append(part, `,"units":`...), f.Units), '}')
	}
	e.parts = append(e.parts, append(append(part, end...), "}}"...))
	return e
}

// encode is the item of a sample of the encoder's topic.
func (e *encoder) encode(s *sal.Sample) love.RawValue {
	dst := make([]byte, 0, e.size)
	last := len(e.parts) - 1
	for i, part := range e.parts[:last] {
		dst = s.AppendValue(append(dst, part...), i)
	}
	dst = append(dst, e.parts[last]...)
	e.size = max(e.size, len(dst))
	return dst
}
