package love

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Category is the first part of a group: what kind of message it carries. Any
// text is allowed.
type Category string

// The categories in use (docs/protocol/manager.md#messages).
const (
	CategoryEvent        Category = "event"
	CategoryTelemetry    Category = "telemetry"
	CategoryCommand      Category = "cmd" // historical: commands go by HTTP
	CategoryLoveCSC      Category = "love_csc"
	CategoryInitialState Category = "initial_state"
	CategoryHeartbeat    Category = "heartbeat"
)

// All is the name that stands for every component, index or stream in a group.
const All = "all"

// SalIndex is the instance number of a component as it stands on the wire: a
// JSON number, or a text such as "all". Both kinds form the same group; the
// kind is kept for delivery. The zero value is the number 0.
type SalIndex struct {
	text   string
	quoted bool
}

// Index returns the numeric SalIndex n.
func Index(n int) SalIndex {
	if n == 0 {
		return SalIndex{}
	}
	return SalIndex{text: strconv.Itoa(n)}
}

// IndexText returns the SalIndex that is the text s, quoted on the wire.
func IndexText(s string) SalIndex { return SalIndex{text: s, quoted: true} }

// IndexAll is the SalIndex "all".
var IndexAll = IndexText(All)

// String returns the index as part of a group's name: "0", "301", "all".
func (i SalIndex) String() string {
	if i.text == "" && !i.quoted {
		return "0"
	}
	return i.text
}

// Int returns the instance number; ok is false for a text that is not a number.
func (i SalIndex) Int() (n int, ok bool) {
	n, err := strconv.Atoi(i.String())
	return n, err == nil
}

// MarshalJSON implements json.Marshaler.
func (i SalIndex) MarshalJSON() ([]byte, error) {
	if i.quoted {
		return json.Marshal(i.text)
	}
	return []byte(i.String()), nil
}

// UnmarshalJSON implements json.Unmarshaler. It accepts a number or a text.
func (i *SalIndex) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' {
		i.quoted = true
		return json.Unmarshal(b, &i.text)
	}
	var n json.Number
	if err := json.Unmarshal(b, &n); err != nil || n == "" {
		return fmt.Errorf(`salindex must be a number or a text, not %s`, b)
	}
	*i = SalIndex{text: n.String()}
	return nil
}

// Group names a set of connections that receive the same messages: those that
// subscribed to it. Groups are equal when all four parts are (the joined text is not
// unique, because a part may contain a hyphen; docs/protocol/manager.md#messages).
type Group struct {
	Category Category
	CSC      string
	SalIndex string // decimal, or "all"
	Stream   string
}

// StreamGroup returns the group of one stream of one component.
func StreamGroup(c Category, csc string, index int, stream string) Group {
	return Group{c, csc, strconv.Itoa(index), stream}
}

// CategoryGroup returns the group that receives every message of a category.
func CategoryGroup(c Category) Group { return Group{c, All, All, All} }

// String joins the parts with hyphens: "event-ATDome-0-summaryState".
func (g Group) String() string {
	return string(g.Category) + "-" + g.CSC + "-" + g.SalIndex + "-" + g.Stream
}

// ParseGroup parses a group as String writes it. Everything after the third
// hyphen is the stream; the index may be negative.
func ParseGroup(s string) (Group, error) {
	category, rest, ok := strings.Cut(s, "-")
	csc, rest, ok2 := strings.Cut(rest, "-")
	sign := ""
	if strings.HasPrefix(rest, "-") {
		sign, rest = "-", rest[1:]
	}
	index, stream, ok3 := strings.Cut(rest, "-")
	if !ok || !ok2 || !ok3 || category == "" || csc == "" || index == "" || stream == "" || !utf8.ValidString(s) {
		return Group{}, fmt.Errorf("%q is not a group: give CATEGORY-CSC-SALINDEX-STREAM, for example telemetry-ATDome-0-position or event-all-all-all", s)
	}
	return Group{Category(category), csc, sign + index, stream}, nil
}

// MarshalText implements encoding.TextMarshaler, for encoding/json too: it returns
// the text of [Group.String]. The error is for a group that [ParseGroup] would not
// read from its text: one with an empty part, or with a hyphen where another part
// would begin.
func (g Group) MarshalText() ([]byte, error) {
	text := g.String()
	read, err := ParseGroup(text)
	if err == nil && read != g {
		err = fmt.Errorf("the group %q cannot be written as a text: it would be read as category %q, csc %q, salindex %q, stream %q",
			text, read.Category, read.CSC, read.SalIndex, read.Stream)
	}
	return []byte(text), err
}

// UnmarshalText implements encoding.TextUnmarshaler, for encoding/json too; see
// [ParseGroup].
func (g *Group) UnmarshalText(text []byte) error {
	read, err := ParseGroup(string(text))
	if err == nil {
		*g = read
	}
	return err
}
