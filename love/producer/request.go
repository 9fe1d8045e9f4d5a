package producer

import (
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strconv"

	"github.com/rubin-love/love-go/love"
)

// Request is a manager's request to send a stream again, because somebody has begun
// to watch it (docs/protocol/producer.md#request).
type Request struct {
	CSC string // name of the component; empty if absent
	// SalIndex is the index of the instance; the number 0 if absent.
	SalIndex love.SalIndex
	// Stream is the name of the event, without prefix.
	Stream string
}

// ParseRequest parses a message from a manager. ok is false if the message has
// another category or does not name a stream; such messages are to be ignored.
// Both forms are understood: data[0].data with event_name, and the older
// data[0].stream with a member of any name.
func ParseRequest(raw []byte) (r Request, ok bool) {
	m := members(raw)
	var category love.Category
	var data []json.RawMessage
	if json.Unmarshal(m["category"], &category) != nil || category != love.CategoryInitialState ||
		json.Unmarshal(m["data"], &data) != nil || len(data) == 0 {
		return r, false
	}
	item := members(data[0])
	if v, given := item["csc"]; given && json.Unmarshal(v, &r.CSC) != nil {
		return Request{}, false
	}
	if v, given := item["salindex"]; given && json.Unmarshal(v, &r.SalIndex) != nil {
		return Request{}, false
	}
	name, found := members(item["data"])["event_name"]
	if !found {
		name, found = firstOf(members(item["stream"]))
	}
	return r, found && json.Unmarshal(name, &r.Stream) == nil && r.Stream != ""
}

// MarshalJSON implements json.Marshaler. It writes the message that a manager sends.
func (r Request) MarshalJSON() ([]byte, error) {
	type event struct {
		Name string `json:"event_name"`
	}
	type item struct {
		CSC      string        `json:"csc,omitempty"`
		SalIndex love.SalIndex `json:"salindex"`
		Data     event         `json:"data"`
	}
	return json.Marshal(struct {
		Category love.Category `json:"category"`
		Data     []item        `json:"data"`
	}{love.CategoryInitialState, []item{{r.CSC, r.SalIndex, event{r.Stream}}}})
}

// UnmarshalJSON implements json.Unmarshaler; see [ParseRequest].
func (r *Request) UnmarshalJSON(text []byte) error {
	read, ok := ParseRequest(text)
	if !ok {
		return errors.New("not an initial_state request that names a stream")
	}
	*r = read
	return nil
}

// members returns the members of a JSON object by their exact names, nil for
// anything else.
func members(v json.RawMessage) (m map[string]json.RawMessage) {
	if json.Unmarshal(v, &m) != nil {
		return nil
	}
	return m
}

// firstOf returns the member event_name or, without one, the alphabetically first.
func firstOf(members map[string]json.RawMessage) (json.RawMessage, bool) {
	if v, ok := members["event_name"]; ok {
		return v, true
	}
	names := make([]string, 0, len(members))
	for n := range members {
		names = append(names, n)
	}
	if len(names) == 0 {
		return nil, false
	}
	return members[slices.Min(names)], true
}

// index returns the requested index. ok is false if salindex is a string, even one
// that spells a number (docs/protocol/producer.md#requests).
func (r Request) index() (n int, ok bool) { return whole(r.SalIndex) }

// whole returns the value of an index that is a whole number, however written
// (1.0). ok is false for another index, and for a number of more than 32 bits.
func whole(i love.SalIndex) (n int, ok bool) {
	text, err := i.MarshalJSON()
	if err != nil {
		return 0, false
	}
	f, err := strconv.ParseFloat(string(text), 64) // fails for a quoted one
	if err != nil || f != math.Trunc(f) || math.Abs(f) > math.MaxInt32 {
		return 0, false
	}
	return int(f), true
}
