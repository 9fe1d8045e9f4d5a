package wire

import "cmp"

// A RuleError is the rule of the protocol that a message breaks, although it is
// JSON: Key is the member that is wrong, Rule what it must be. Neither quotes the
// message, so that a RuleError may be sent to any client
// (docs/protocol/manager.md#bad-messages).
type RuleError struct{ Key, Rule string }

func (e *RuleError) Error() string { return `"` + e.Key + `" ` + e.Rule }

// The rules a message can break.
var (
	errNotObject = &RuleError{"message", "must be a JSON object"}

	errData      = &RuleError{"data", "must be a list of objects"}
	errNoData    = &RuleError{"data", "is missing: send a list of objects"}
	errItem      = &RuleError{"data", "must hold only objects: one element is not"}
	errCSC       = &RuleError{"csc", "must be a text"}
	errNoCSC     = &RuleError{"csc", "is missing: send the component's name"}
	errIndex     = &RuleError{"salindex", "must be a number or a text"}
	errNoIndex   = &RuleError{"salindex", `is missing: send a number or "all"`}
	errStreams   = &RuleError{"data", "of an element must be an object of streams"}
	errNoStreams = &RuleError{"data", "of an element is missing: send an object of streams"}
)

// wholeNames is the rule of names, by which groups are distinguished: half a
// surrogate pair is the same U+FFFD as any other to whoever reads it.
const wholeNames = "must be whole characters: it has half of a surrogate pair without the other half"

// checkName returns the [*RuleError] of the member key if the name in v has half a
// surrogate pair.
func checkName(key string, v []byte) error {
	if IsText(v) && loneSurrogate(v) != nil {
		return &RuleError{key, wholeNames}
	}
	return nil
}

// Message is one parsed message. The fields are the raw values of the members
// that the protocol knows, nil where absent; they share memory with the parsed
// bytes. Names (category, csc, salindex, streams) have no needless escapes.
// The zero value is ready for [Message.Parse], which reuses its slices.
type Message struct {
	Option, Action   []byte
	Category, CSC    []byte
	SalIndex, Stream []byte
	RequestTime      []byte
	ProducerSnd      []byte
	Subscription     []byte
	Tracing          []byte
	Data             []byte
	Snapshot, Seq    []byte
	MaxRate          []byte
	History          []byte
	Recorded         []byte
	Items            []Item // the elements of Data, when it is a list
	streams          []Stream
}

// Item is one element of a data message.
type Item struct {
	CSC, SalIndex []byte // raw values
	Data          []byte // the raw object of streams
	Err           error  // a [*RuleError]; nil if the element is right
	first, last   int    // of its streams in Message.streams
}

// Stream is one member of an item's data: a raw quoted name and a raw value.
type Stream struct{ Name, Value []byte }

// Streams returns the streams of an item, which must be an element of m.Items.
func (m *Message) Streams(it *Item) []Stream { return m.streams[it.first:it.last] }

// Parse parses raw. It returns a [*SyntaxError] or [ErrDepth] if raw is not
// JSON, and a [*RuleError] if it is not an object or a name in it is not made of
// whole characters.
func (m *Message) Parse(raw []byte) error {
	*m = Message{Items: m.Items[:0], streams: m.streams[:0]}
	i := space(raw, 0)
	if i >= len(raw) || raw[i] != '{' {
		if err := Valid(raw); err != nil {
			return err
		}
		return errNotObject
	}
	end, err := scanMembers(raw, i, m.member)
	if err != nil {
		return err
	}
	if end = space(raw, end); end != len(raw) {
		return syntax(end, "the end")
	}
	return cmp.Or(checkName("category", m.Category), checkName("csc", m.CSC), checkName("salindex", m.SalIndex), checkName("stream", m.Stream))
}

// Reset forgets what was parsed, so that its memory can be freed.
func (m *Message) Reset() {
	items, streams := m.Items[:cap(m.Items)], m.streams[:cap(m.streams)]
	clear(items)
	clear(streams)
	*m = Message{}
	if cap(items)+cap(streams) <= maxReused {
		m.Items, m.streams = items[:0], streams[:0]
	}
}

// maxReused is how many items and streams Reset keeps memory for, at most.
const maxReused = 256

// CheckData returns the [*RuleError] of a message that is not a data message.
func (m *Message) CheckData() error {
	switch {
	case m.Data == nil:
		return errNoData
	case m.Data[0] != '[':
		return errData
	}
	return nil
}

func (m *Message) member(raw, name []byte, at int) (end int, err error) {
	name = normalize(name)
	if string(name) == `"data"` && at < len(raw) && raw[at] == '[' {
		m.Items, m.streams = m.Items[:0], m.streams[:0]
		end, err = m.items(raw, at)
	} else {
		end, err = skip(raw, at, 1)
	}
	if err != nil {
		return end, err
	}
	if field := m.field(name); field != nil {
		*field = raw[at:end]
		if field == &m.Category {
			*field = normalize(*field)
		}
	}
	return end, nil
}

func (m *Message) field(name []byte) *[]byte {
	switch string(name) {
	case `"category"`:
		return &m.Category
	case `"data"`:
		return &m.Data
	case `"producer_snd"`:
		return &m.ProducerSnd
	case `"option"`:
		return &m.Option
	case `"csc"`:
		return &m.CSC
	case `"salindex"`:
		return &m.SalIndex
	case `"stream"`:
		return &m.Stream
	case `"action"`:
		return &m.Action
	case `"request_time"`:
		return &m.RequestTime
	case `"subscription"`:
		return &m.Subscription
	case `"tracing"`:
		return &m.Tracing
	case `"snapshot"`:
		return &m.Snapshot
	case `"seq"`:
		return &m.Seq
	case `"max_rate"`:
		return &m.MaxRate
	case `"history"`:
		return &m.History
	case `"recorded"`:
		return &m.Recorded
	}
	return nil
}

func (m *Message) items(raw []byte, i int) (int, error) {
	i = space(raw, i+1)
	if i < len(raw) && raw[i] == ']' {
		return i + 1, nil
	}
	for {
		var err error
		if i, err = m.item(raw, i); err != nil {
			return i, err
		}
		if i = space(raw, i); i < len(raw) && raw[i] == ',' {
			i = space(raw, i+1)
			continue
		}
		if i < len(raw) && raw[i] == ']' {
			return i + 1, nil
		}
		return i, syntax(i, "',' or ']'")
	}
}

func (m *Message) item(raw []byte, i int) (int, error) {
	if i >= len(raw) || raw[i] != '{' {
		m.Items = append(m.Items, Item{Err: errItem})
		return skip(raw, i, 2)
	}
	it := Item{first: len(m.streams), last: len(m.streams)}
	end, err := scanMembers(raw, i, func(raw, name []byte, at int) (end int, err error) {
		known := string(normalize(name))
		if known == `"data"` && at < len(raw) && raw[at] == '{' {
			m.streams = m.streams[:it.first]
			end, err = scanMembers(raw, at, m.stream)
		} else {
			end, err = skip(raw, at, 3)
		}
		if err != nil {
			return end, err
		}
		switch value := raw[at:end]; known {
		case `"csc"`:
			it.CSC = normalize(value)
		case `"salindex"`:
			it.SalIndex = normalize(value)
		case `"data"`:
			it.Data, it.last = value, len(m.streams)
		}
		return end, nil
	})
	if err != nil {
		return end, err
	}
	it.Err = it.check()
	for _, s := range m.Streams(&it) {
		if it.Err == nil {
			it.Err = checkName("data", s.Name)
		}
	}
	m.Items = append(m.Items, it)
	return end, nil
}

func (m *Message) stream(raw, name []byte, at int) (int, error) {
	end, err := skip(raw, at, 4)
	m.streams = append(m.streams, Stream{Name: normalize(name), Value: raw[at:end]})
	return end, err
}

func (it *Item) check() error {
	switch {
	case it.CSC == nil:
		return errNoCSC
	case !IsText(it.CSC):
		return errCSC
	case it.SalIndex == nil:
		return errNoIndex
	case !IsText(it.SalIndex) && !IsNumber(it.SalIndex):
		return errIndex
	case it.Data == nil:
		return errNoStreams
	case it.Data[0] != '{':
		return errStreams
	}
	return cmp.Or(checkName("csc", it.CSC), checkName("salindex", it.SalIndex))
}
