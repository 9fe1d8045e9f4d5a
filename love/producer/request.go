package producer

import (
	"encoding/json"
	"slices"
	"strconv"

	"github.com/rubin-love/love-go/love"
)

// Request is the manager's wish that a stream be sent again, because somebody
// has begun to watch it (producer spec, section 2.6).
type Request struct {
	CSC string // of the component; empty if absent
	// SalIndex is of the instance; the number 0 if absent.
	SalIndex love.SalIndex
	// Stream is the name of the event, without prefix.
	Stream string
}

// ParseRequest reads a message from a manager. It is no request, and ok false,
// when its category is another or what it asks for cannot be found: such
// messages are to be ignored. Both forms are understood, data[0].data with
// event_name and the older data[0].stream with a member of any name.
func ParseRequest(raw []byte) (r Request, ok bool) {
	var m struct {
		Category love.Category     `json:"category"`
		Data     []json.RawMessage `json:"data"`
	}
	if json.Unmarshal(raw, &m) != nil || m.Category != love.CategoryInitialState || len(m.Data) == 0 {
		return r, false
	}
	var item struct {
		CSC      string          `json:"csc"`
		SalIndex love.SalIndex   `json:"salindex"`
		Data     json.RawMessage `json:"data"`
		Stream   json.RawMessage `json:"stream"`
	}
	if json.Unmarshal(m.Data[0], &item) != nil {
		return r, false
	}
	name, found := members(item.Data)["event_name"]
	if !found {
		name, found = firstOf(members(item.Stream))
	}
	r = Request{CSC: item.CSC, SalIndex: item.SalIndex}
	return r, found && json.Unmarshal(name, &r.Stream) == nil && r.Stream != ""
}

// members are those of an object; of anything else there are none.
func members(v json.RawMessage) (m map[string]json.RawMessage) {
	if json.Unmarshal(v, &m) != nil {
		return nil
	}
	return m
}

// firstOf prefers event_name, then goes by the alphabet.
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

// index is the number asked for; there is none if salindex is a text, even one
// that spells a number (section 6.5).
func (r Request) index() (n int, ok bool) {
	text, err := r.SalIndex.MarshalJSON()
	if err != nil {
		return 0, false
	}
	n, err = strconv.Atoi(string(text)) // a quoted one is no number
	return n, err == nil
}
