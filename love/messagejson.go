package love

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/rubin-love/love-go/internal/wire"
)

// MarshalJSON implements json.Marshaler. It writes the message as
// [Message.AppendJSON] does, in strict JSON: null for NaN and the infinities. The
// error names the stream whose value is not JSON, or what is not UTF-8.
func (m Message) MarshalJSON() ([]byte, error) {
	for i, it := range m.Data {
		if err := it.check(); err != nil {
			return nil, fmt.Errorf("element %d: %w", i, err)
		}
	}
	if err := m.Tracing.check(); err != nil {
		return nil, fmt.Errorf("tracing: %w", err)
	}
	return strictText(m.AppendJSON(nil), string(m.Category), m.Subscription)
}

// UnmarshalJSON implements json.Unmarshaler. It reads what [ParseMessage] reads,
// except that encoding/json refuses a text with NaN or an infinity: use ParseMessage
// for that.
func (m *Message) UnmarshalJSON(text []byte) error {
	read, err := ParseMessage(bytes.Clone(text))
	if err == nil {
		*m = read
	}
	return err
}

// MarshalJSON implements json.Marshaler. It writes the object that stands in the
// "data" of a message, {"csc", "salindex", "data"}, as strict JSON.
func (it Item) MarshalJSON() ([]byte, error) {
	if err := it.check(); err != nil {
		return nil, err
	}
	return strictText(it.appendJSON(nil))
}

// UnmarshalJSON implements json.Unmarshaler. The error names the member that is
// wrong or missing.
func (it *Item) UnmarshalJSON(text []byte) error {
	m, err := ParseMessage(bytes.Join([][]byte{[]byte(`{"category":"","data":[`), text, []byte(`]}`)}, nil))
	if err != nil {
		return err
	}
	if len(m.Data) != 1 {
		return errors.New("not one element of a message")
	}
	*it = m.Data[0]
	return nil
}

// MarshalJSON implements json.Marshaler. It writes an object with the stream as its
// one member, {"summaryState": …}, as strict JSON.
func (s Stream) MarshalJSON() ([]byte, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	return strictText(append(s.appendJSON([]byte{'{'}), '}'))
}

// UnmarshalJSON implements json.Unmarshaler. It reads an object with one member.
func (s *Stream) UnmarshalJSON(text []byte) error {
	count := 0
	for name, value := range wire.Members(bytes.TrimSpace(text)) {
		*s = Stream{Name: name, Value: bytes.Clone(value)}
		count++
	}
	if count != 1 {
		return errors.New("a stream is an object with one member, its name and value: read several of them as a love.Item")
	}
	return nil
}

// MarshalJSON implements json.Marshaler. It writes the request as
// [Subscription.AppendJSON] does.
func (s Subscription) MarshalJSON() ([]byte, error) {
	g := s.Group
	return strictText(s.AppendJSON(nil), string(s.Option), string(g.Category), g.CSC, g.SalIndex, g.Stream)
}

// UnmarshalJSON implements json.Unmarshaler. The index may be a number or a text. The
// error names the member that is wrong or missing.
func (s *Subscription) UnmarshalJSON(text []byte) error {
	var f wire.Message
	if err := f.Parse(text); err != nil {
		return err
	}
	for _, member := range []struct {
		name  string
		value []byte
	}{{"option", f.Option}, {"category", f.Category}, {"csc", f.CSC}, {"stream", f.Stream}} {
		if !wire.IsText(member.value) {
			return &wire.RuleError{Key: member.name, Rule: "must be a text"}
		}
	}
	if !wire.IsText(f.SalIndex) && !wire.IsNumber(f.SalIndex) {
		return &wire.RuleError{Key: "salindex", Rule: "must be a number or a text"}
	}
	*s = Subscription{Option: Option(wire.Text(f.Option)), Group: Group{
		Category: Category(wire.Text(f.Category)), CSC: string(wire.Text(f.CSC)),
		SalIndex: indexOf(f.SalIndex).String(), Stream: string(wire.Text(f.Stream)),
	}}
	s.Options.Snapshot, s.Options.Seq = string(f.Snapshot) == "true", string(f.Seq) == "true"
	history := 0.0
	for number, into := range map[*float64][]byte{&s.ProducerSnd: f.ProducerSnd, &s.Options.MaxRate: f.MaxRate, &history: f.History} {
		if wire.IsNumber(into) {
			*number, _ = strconv.ParseFloat(string(into), 64)
		}
	}
	s.Options.History = seconds(history)
	return nil
}

// seconds returns a time span; one that a Duration cannot hold is as long as one can be.
func seconds(x float64) time.Duration {
	const most = float64(math.MaxInt64/time.Second - 1)
	return time.Duration(math.Round(max(-most, min(x, most)) * float64(time.Second)))
}

func (it Item) check() error {
	if err := checkText(it.CSC); err != nil {
		return fmt.Errorf("csc: %w", err)
	}
	for _, s := range it.Streams {
		if err := s.check(); err != nil {
			return err
		}
	}
	return nil
}

func (s Stream) check() error {
	if err := checkText(s.Name); err != nil {
		return fmt.Errorf("stream %q: %w", s.Name, err)
	}
	if err := s.Value.check(); err != nil {
		return fmt.Errorf("stream %q: %w", s.Name, err)
	}
	return nil
}

// strictText returns a text that was written, as strict JSON, provided that what was
// written into it is UTF-8.
func strictText(text []byte, written ...string) ([]byte, error) {
	for _, t := range written {
		if err := checkText(t); err != nil {
			return nil, fmt.Errorf("%q: %w", t, err)
		}
	}
	return RawValue(text).Strict(), nil
}

func checkText(text string) error {
	if !utf8.ValidString(text) {
		return errors.New("the text is not UTF-8")
	}
	return nil
}
