package sal

import (
	"log/slog"
	"math"
	"slices"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/sal/internal/cells"
)

// Sample is one message of a topic. Samples from a remote or a bus are shared
// between all readers and never change.
//
// Values are bool, int64, float64 and string, and for arrays []bool, []int64
// and []float64, whatever the width of the type in the definition.
type Sample struct {
	topic  *Topic
	cells  []cells.Cell
	writer int // index of the object that wrote it, or unknownWriter
}

// unknownWriter marks samples that came from a bus or were made by [NewSample].
const unknownWriter = -1

func init() {
	cells.Of = func(s any) []cells.Cell { return s.(*Sample).cells }
	cells.NewSample = func(t any, of []cells.Cell) any {
		return &Sample{topic: t.(*Topic), cells: of, writer: unknownWriter}
	}
}

// NewSample makes a sample with zeros where no value is given. Private fields
// may be given too. It is for drivers of a bus and for tests; components write
// with a [Controller]. The error is an [*UnknownFieldError] or a [*FieldError].
func NewSample(t *Topic, values Values) (*Sample, error) {
	s, _, err := emptySample(t).with(values)
	return s, err
}

func emptySample(t *Topic) *Sample {
	s := &Sample{topic: t, cells: make([]cells.Cell, len(t.Fields)), writer: unknownWriter}
	for i, f := range t.Fields {
		if !f.IsArray() {
			continue
		}
		switch {
		case f.Type == Boolean:
			s.cells[i].List = make([]bool, f.Count)
		case f.Type.IsFloat():
			s.cells[i].List = make([]float64, f.Count)
		default:
			s.cells[i].List = make([]int64, f.Count)
		}
	}
	return s
}

// clone returns a copy that shares the arrays, which are never modified in place.
func (s *Sample) clone() *Sample {
	return &Sample{topic: s.topic, cells: slices.Clone(s.cells), writer: s.writer}
}

// as converts the sample to the reader's definition of the topic if the writer's
// differs. Fields that the writer lacks or defines with another type are zero
// (docs/protocol/sal-kafka.md#schema-versions).
func (s *Sample) as(t *Topic) *Sample {
	if s.topic == t {
		return s
	}
	out := emptySample(t)
	for i, f := range t.Fields {
		if at, ok := s.topic.position[f.Name]; ok {
			if written := s.topic.Fields[at]; written.Type == f.Type && written.IsArray() == f.IsArray() {
				out.cells[i] = s.cells[at]
			}
		}
	}
	return out
}

// with returns the sample with some fields changed, or the sample itself if there
// is nothing to change. changed reports whether any value differs; it may be false
// for a new sample, because a zero may change its sign.
func (s *Sample) with(values Values) (out *Sample, changed bool, err error) {
	if err := s.topic.checkNames(values); err != nil {
		return nil, false, err
	}
	out = s
	for name, v := range values {
		if v == nil {
			continue
		}
		i := s.topic.position[name]
		f := s.topic.Fields[i]
		c, reason := cellOf(f, v)
		switch {
		case reason != "":
			return nil, false, &FieldError{Topic: s.topic, Field: f, Reason: reason}
		case c.List == nil && s.cells[i].List == nil && c.Bits == s.cells[i].Bits && c.Text == s.cells[i].Text:
			continue
		case out == s:
			out = s.clone()
		}
		changed = changed || !equal(c, s.cells[i], f.Type)
		out.cells[i] = c
	}
	return out, changed, nil
}

// checkNames refuses values for fields that the topic does not have.
func (t *Topic) checkNames(values Values) error {
	var unknown []string
	for name := range values {
		if _, ok := t.position[name]; !ok {
			unknown = append(unknown, name)
		}
	}
	if unknown == nil {
		return nil
	}
	slices.Sort(unknown)
	return &UnknownFieldError{Topic: t, Names: unknown}
}

// equal compares two values of a type: NaN equals NaN, and 0 equals -0.
func equal(c, d cells.Cell, t Type) bool {
	if c.IsNull() || d.IsNull() {
		return c.IsNull() == d.IsNull()
	}
	switch a := c.List.(type) {
	case []bool:
		return slices.Equal(a, d.List.([]bool))
	case []int64:
		return slices.Equal(a, d.List.([]int64))
	case []float64:
		return slices.EqualFunc(a, d.List.([]float64), sameFloat)
	}
	if t.IsFloat() {
		return sameFloat(math.Float64frombits(c.Bits), math.Float64frombits(d.Bits))
	}
	return c.Bits == d.Bits && c.Text == d.Text
}

func sameFloat(a, b float64) bool { return a == b || a != a && b != b }

// warnLengths logs arrays that are longer or shorter than in the definition; readers
// take them as they are (docs/protocol/sal-kafka.md#writing).
func (s *Sample) warnLengths(log *slog.Logger) {
	for _, i := range s.topic.arrays {
		f := s.topic.Fields[i]
		if n := s.length(f); n != f.Count {
			log.Warn("an array has another length than its definition", "component", s.topic.Component,
				"topic", s.topic.Attr(), "field", f.Name, "length", n, "defined", f.Count)
		}
	}
}

// length returns the length of an array, 0 for another field.
func (s *Sample) length(f Field) int {
	switch list := s.cells[s.topic.position[f.Name]].List.(type) {
	case []bool:
		return len(list)
	case []int64:
		return len(list)
	case []float64:
		return len(list)
	}
	return 0
}

// Topic returns the definition of the sample.
func (s *Sample) Topic() *Topic { return s.topic }

// Index returns the index of the instance that wrote the sample, or that a command is
// for; 0 if the component is not indexed.
func (s *Sample) Index() int {
	if !s.topic.indexed {
		return 0
	}
	return int(int64(s.cells[0].Bits))
}

// WriterIndex returns the index of the remote or controller that wrote the sample,
// which is part of the key on the observatory's bus. It differs from [Sample.Index]
// if a writer for all instances named one. For samples that were read or made by
// [NewSample] it returns Index.
func (s *Sample) WriterIndex() int {
	if s.writer == unknownWriter {
		return s.Index()
	}
	return s.writer
}

// Sent returns the time when the sample was written: TAI, UNIX seconds.
func (s *Sample) Sent() float64 { return math.Float64frombits(s.private(atSent).Bits) }

// Number returns private_seqNum, which is the same for a command and its
// acknowledgements.
func (s *Sample) Number() int { return int(int64(s.private(atNumber).Bits)) }

// Identity returns the identity of the writer: "ATDome", "ana@host".
func (s *Sample) Identity() string { return s.private(atIdentity).Text }

// Origin returns the number of the process that wrote the sample.
func (s *Sample) Origin() int { return int(int64(s.private(atOrigin).Bits)) }

// private returns the cell of a private field by its position without salIndex.
func (s *Sample) private(at int) *cells.Cell {
	if s.topic.indexed {
		at++
	}
	return &s.cells[at]
}

// ReceivedAt returns a copy of the sample with private_rcvStamp set to tai: TAI,
// UNIX seconds. It is for drivers of a bus.
func (s *Sample) ReceivedAt(tai float64) *Sample {
	out := s.clone()
	out.private(atReceived).Bits = math.Float64bits(tai)
	return out
}

// Null reports whether the field has no value, as only [Field.Nullable] ones may.
// Value returns nil for such a field, the methods for single types return zero.
func (s *Sample) Null(field string) bool {
	i, ok := s.topic.position[field]
	return ok && s.cells[i].IsNull()
}

// Value returns the value of a field, nil if it has none or there is no such field.
// A list is shared and must not be modified.
func (s *Sample) Value(field string) any {
	i, ok := s.topic.position[field]
	if !ok {
		return nil
	}
	c, t := &s.cells[i], s.topic.Fields[i].Type
	switch {
	case c.IsNull():
		return nil
	case c.List != nil:
		return c.List
	case t == String:
		return c.Text
	case t == Boolean:
		return c.Bits != 0
	case t.IsFloat():
		return math.Float64frombits(c.Bits)
	}
	return int64(c.Bits)
}

// Float returns the value of a scalar number, 0 if the field is not one.
func (s *Sample) Float(field string) float64 {
	f, c := s.scalar(field)
	switch {
	case f.Type.IsFloat():
		return math.Float64frombits(c.Bits)
	case f.Type.IsInteger():
		return float64(int64(c.Bits))
	}
	return 0
}

// Int returns the value of a scalar integer, 0 if the field is not one.
func (s *Sample) Int(field string) int64 {
	f, c := s.scalar(field)
	if !f.Type.IsInteger() {
		return 0
	}
	return int64(c.Bits)
}

// Bool returns the value of a scalar boolean, false if the field is not one.
func (s *Sample) Bool(field string) bool {
	f, c := s.scalar(field)
	return f.Type == Boolean && c.Bits != 0
}

// Text returns the value of a string, empty if the field is not one.
func (s *Sample) Text(field string) string {
	_, c := s.scalar(field)
	return c.Text
}

// Floats returns the value of an array of floats, nil if the field is not one. The
// slice is shared and must not be modified.
func (s *Sample) Floats(field string) []float64 {
	list, _ := s.Value(field).([]float64)
	return list
}

// Ints returns the value of an array of integers, nil if the field is not one. The
// slice is shared and must not be modified.
func (s *Sample) Ints(field string) []int64 {
	list, _ := s.Value(field).([]int64)
	return list
}

// scalar returns a field that is not an array, and its cell; both are zero if there is
// no such field.
func (s *Sample) scalar(name string) (Field, cells.Cell) {
	i, ok := s.topic.position[name]
	if !ok || s.topic.Fields[i].IsArray() {
		return Field{}, cells.Cell{}
	}
	return s.topic.Fields[i], s.cells[i]
}

// stamp fills in the time of writing.
func (s *Sample) stamp(clock love.Clock) {
	now := clock.Now()
	tai := math.Float64bits(love.TAI(now))
	s.private(atSent).Bits = tai
	s.private(atKafka).Bits = tai
	s.private(atEFD).Bits = math.Float64bits(love.UnixSeconds(now))
}
