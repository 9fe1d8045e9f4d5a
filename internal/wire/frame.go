package wire

// A Problem says why a message that is JSON breaks the protocol: Key is the
// member that is wrong, Rule what it has to be. Neither quotes the message, so
// that a Problem may be sent to any client (quirk 8).
type Problem struct{ Key, Rule string }

func (p *Problem) Error() string { return `"` + p.Key + `" ` + p.Rule }

// The rules a message can break.
var (
	ErrNotObject = &Problem{"message", "must be a JSON object"}

	errData      = &Problem{"data", "must be a list of objects"}
	errNoData    = &Problem{"data", "is missing: send a list of objects"}
	errItem      = &Problem{"data", "must hold only objects: one element is none"}
	errCSC       = &Problem{"csc", "must be a text"}
	errNoCSC     = &Problem{"csc", "is missing: send the component's name"}
	errIndex     = &Problem{"salindex", "must be a number or a text"}
	errNoIndex   = &Problem{"salindex", `is missing: send a number or "all"`}
	errStreams   = &Problem{"data", "of an element must be an object of streams"}
	errNoStreams = &Problem{"data", "of an element is missing: send an object of streams"}
)

// Frame is one parsed message. The fields are the raw values of the members
// that the protocol knows, nil where absent; they share memory with the parsed
// text. Names (category, csc, salindex, streams) are without needless escapes.
// The zero value is ready for [Frame.Parse], which reuses its slices.
type Frame struct {
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
	Items            []Item // the elements of Data, when it is a list
	streams          []Stream
}

// Item is one element of a data message.
type Item struct {
	CSC, SalIndex []byte // raw values
	Data          []byte // the raw object of streams
	Problem       *Problem
	first, last   int
}

// Stream is one member of an item's data: a raw quoted name and a raw value.
type Stream struct{ Name, Value []byte }

// Streams returns the streams of an item, which must be an element of f.Items.
func (f *Frame) Streams(it *Item) []Stream { return f.streams[it.first:it.last] }

// Parse parses raw. It returns a [*SyntaxError] or [ErrDepth] if raw is not
// JSON and [ErrNotObject] if it is another kind of value.
func (f *Frame) Parse(raw []byte) error {
	*f = Frame{Items: f.Items[:0], streams: f.streams[:0]}
	i := space(raw, 0)
	if i >= len(raw) || raw[i] != '{' {
		if err := Valid(raw); err != nil {
			return err
		}
		return ErrNotObject
	}
	end, err := eachMember(raw, i, f.member)
	if err != nil {
		return err
	}
	if end = space(raw, end); end != len(raw) {
		return syntax(end, "the end")
	}
	return nil
}

// Reset forgets what was parsed, and releases the text.
func (f *Frame) Reset() {
	items, streams := f.Items[:cap(f.Items)], f.streams[:cap(f.streams)]
	clear(items)
	clear(streams)
	*f = Frame{}
	if cap(items)+cap(streams) <= keptParts {
		f.Items, f.streams = items[:0], streams[:0]
	}
}

// keptParts is the most items and streams whose memory Reset keeps for reuse.
const keptParts = 256

// DataProblem returns why the frame is not a data message, or nil.
func (f *Frame) DataProblem() *Problem {
	switch {
	case f.Data == nil:
		return errNoData
	case f.Data[0] != '[':
		return errData
	}
	return nil
}

func (f *Frame) member(raw, name []byte, at int) (end int, err error) {
	name = plain(name)
	if string(name) == `"data"` && at < len(raw) && raw[at] == '[' {
		f.Items, f.streams = f.Items[:0], f.streams[:0]
		end, err = f.items(raw, at)
	} else {
		end, err = skip(raw, at, 1)
	}
	if err != nil {
		return end, err
	}
	if field := f.field(name); field != nil {
		*field = raw[at:end]
		if field == &f.Category {
			*field = plain(*field)
		}
	}
	return end, nil
}

func (f *Frame) field(name []byte) *[]byte {
	switch string(name) {
	case `"category"`:
		return &f.Category
	case `"data"`:
		return &f.Data
	case `"producer_snd"`:
		return &f.ProducerSnd
	case `"option"`:
		return &f.Option
	case `"csc"`:
		return &f.CSC
	case `"salindex"`:
		return &f.SalIndex
	case `"stream"`:
		return &f.Stream
	case `"action"`:
		return &f.Action
	case `"request_time"`:
		return &f.RequestTime
	case `"subscription"`:
		return &f.Subscription
	case `"tracing"`:
		return &f.Tracing
	case `"snapshot"`:
		return &f.Snapshot
	case `"seq"`:
		return &f.Seq
	case `"max_rate"`:
		return &f.MaxRate
	}
	return nil
}

func (f *Frame) items(raw []byte, i int) (int, error) {
	i = space(raw, i+1)
	if i < len(raw) && raw[i] == ']' {
		return i + 1, nil
	}
	for {
		var err error
		if i, err = f.item(raw, i); err != nil {
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

func (f *Frame) item(raw []byte, i int) (int, error) {
	if i >= len(raw) || raw[i] != '{' {
		f.Items = append(f.Items, Item{Problem: errItem})
		return skip(raw, i, 2)
	}
	it := Item{first: len(f.streams), last: len(f.streams)}
	end, err := eachMember(raw, i, func(raw, name []byte, at int) (end int, err error) {
		known := string(plain(name))
		if known == `"data"` && at < len(raw) && raw[at] == '{' {
			f.streams = f.streams[:it.first]
			end, err = eachMember(raw, at, f.stream)
		} else {
			end, err = skip(raw, at, 3)
		}
		if err != nil {
			return end, err
		}
		switch value := raw[at:end]; known {
		case `"csc"`:
			it.CSC = plain(value)
		case `"salindex"`:
			it.SalIndex = plain(value)
		case `"data"`:
			it.Data, it.last = value, len(f.streams)
		}
		return end, nil
	})
	if err != nil {
		return end, err
	}
	it.Problem = it.check()
	f.Items = append(f.Items, it)
	return end, nil
}

func (f *Frame) stream(raw, name []byte, at int) (int, error) {
	end, err := skip(raw, at, 4)
	f.streams = append(f.streams, Stream{Name: plain(name), Value: raw[at:end]})
	return end, err
}

func (it *Item) check() *Problem {
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
	return nil
}

// eachMember calls f for each member of the object at raw[i] with the quoted
// name and the index of the value; f returns the index after the value.
func eachMember(raw []byte, i int, f func(raw, name []byte, at int) (int, error)) (int, error) {
	i = space(raw, i+1)
	if i < len(raw) && raw[i] == '}' {
		return i + 1, nil
	}
	for {
		name, at, err := member(raw, i)
		if err != nil {
			return at, err
		}
		if i, err = f(raw, name, at); err != nil {
			return i, err
		}
		if i = space(raw, i); i < len(raw) && raw[i] == ',' {
			i = space(raw, i+1)
			continue
		}
		if i < len(raw) && raw[i] == '}' {
			return i + 1, nil
		}
		return i, syntax(i, "',' or '}'")
	}
}
