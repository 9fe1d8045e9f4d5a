package producer

import (
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/rubin-love/love-go/internal/wire"
	"github.com/rubin-love/love-go/love"
)

// Message builds the messages of one component (docs/protocol/producer.md#messages).
// Each is stamped with the clock's time as it is built. Use [NewMessage].
type Message struct {
	csc      string
	clock    love.Clock
	strict   bool // whether numbers that JSON lacks become null
	metadata []member
}

// member is a metadata member, ready to append: `,"name":value`.
type member struct {
	name string
	text []byte
}

// NewMessage returns a builder for the component csc.
func NewMessage(csc string, clock love.Clock) *Message {
	return &Message{csc: csc, clock: clock}
}

// InitialState returns the subscription to the initial_state requests for the
// component.
func (m *Message) InitialState() []byte { return m.InitialStateFor(m.csc) }

// InitialStateAll returns the subscription to the requests that are addressed to
// all components.
func (m *Message) InitialStateAll() []byte { return m.InitialStateFor(love.All) }

// InitialStateFor returns the subscription to the requests for any component.
func (m *Message) InitialStateFor(csc string) []byte {
	return love.Subscription{
		Option:      love.Subscribe,
		Group:       love.Group{Category: love.CategoryInitialState, CSC: csc, SalIndex: love.All, Stream: love.All},
		ProducerSnd: m.now(),
	}.AppendJSON(nil)
}

// Data returns a data message with one item: the JSON object {"csc", "salindex",
// "data"}, or any object for a free-form producer. The header is that of the item;
// it has no streams if no manager could distribute the item, which [Client.Send] refuses.
func (m *Message) Data(category love.Category, item love.RawValue) Data {
	return Data{headerOf(category, item), m.appendData(nil, category, item)}
}

// appendData appends the JSON of a data message to dst.
func (m *Message) appendData(dst []byte, category love.Category, item love.RawValue) []byte {
	dst = m.appendBare(dst, m.now(), category, item)
	if len(m.metadata) == 0 {
		return dst
	}
	dst = dst[:len(dst)-1]
	for _, e := range m.metadata {
		dst = append(dst, e.text...)
	}
	return append(dst, '}')
}

// appendBare is like appendData without metadata, which heartbeats do not carry, and
// with a given producer_snd, in UNIX seconds.
func (m *Message) appendBare(dst []byte, snd float64, category love.Category, item love.RawValue) []byte {
	dst = love.AppendText(append(dst, `{"category":`...), string(category))
	dst = append(dst, `,"data":[`...)
	if m.strict {
		item = love.RawValue(item.Strict())
	}
	dst = append(dst, item...)
	dst = love.AppendFloat(append(dst, `],"producer_snd":`...), snd)
	return append(dst, '}')
}

// AddMetadata adds a member to every data message from now on, replacing an
// earlier one of the same name. Call it before the producer runs.
func (m *Message) AddMetadata(name string, value any) error {
	v, err := wire.Marshal(value)
	if err == nil && !utf8.ValidString(name) {
		err = errors.New("the name is not UTF-8")
	}
	if err != nil {
		return fmt.Errorf("metadata %q: %w", name, err)
	}
	text := append(love.AppendText([]byte{','}, name), ':')
	m.metadata = slices.DeleteFunc(m.metadata, func(e member) bool { return e.name == name })
	m.metadata = append(m.metadata, member{name, append(text, v...)})
	return nil
}

func (m *Message) now() float64 { return love.UnixSeconds(m.clock.Now()) }
