package producer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/rubin-love/love-go/internal/wire"
	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/producer/internal/scriptqueue"
)

var (
	errNotObject = errors.New("only a JSON object can be published")
	errNotUTF8   = errors.New("only UTF-8 can be published: a text is not")
)

// freeForm describes a free-form object by its members.
type freeForm struct {
	name string // of the member "name", if that is a text

	csc      string // empty if absent
	index    love.SalIndex
	hasCSC   bool
	hasIndex bool
	streams  []string // sorted names of the members of "data"
	source   string   // see [Header]
}

// encodeItem returns an object of a user and its description, or an error if no
// manager could distribute it.
func encodeItem(object any) (love.RawValue, freeForm, error) {
	raw, err := encode(object)
	if err != nil {
		return nil, freeForm{}, err
	}
	f, err := readFreeForm(raw)
	if err == nil {
		err = f.check()
	}
	return raw, f, err
}

// check returns an error that says what a manager lacks to distribute the object.
func (f *freeForm) check() error {
	var lacks []string
	if !f.hasCSC || f.csc == "" {
		lacks = append(lacks, `a text "csc"`)
	}
	if !f.hasIndex {
		lacks = append(lacks, `a number or text "salindex"`)
	}
	if len(f.streams) == 0 {
		lacks = append(lacks, `an object of streams "data"`)
	}
	if lacks == nil {
		return nil
	}
	return fmt.Errorf("no manager can distribute an object without %s: use Telemetry, Event or RegisterTelemetry, which fill them in", strings.Join(lacks, ", "))
}

// readFreeForm reads an object of a user. The error wraps errNotObject if the
// value is not a JSON object, and is errNotUTF8 if a text in it is not UTF-8.
func readFreeForm(object love.RawValue) (f freeForm, err error) {
	if err := wire.Valid(object); err != nil {
		return f, fmt.Errorf("%w: %w", errNotObject, err)
	}
	if !utf8.Valid(object) {
		return f, errNotUTF8
	}
	if object = bytes.TrimLeft(object, " \t\r\n"); object[0] != '{' {
		return f, errNotObject
	}
	var data []byte
	for name, value := range wire.Members(object) {
		switch name {
		case "name":
			f.name, _ = textOf(value)
		case "csc":
			f.csc, f.hasCSC = textOf(value)
		case "salindex":
			f.index, f.hasIndex = indexOf(value)
		case "data":
			data = value
		}
	}
	for stream, value := range wire.Members(data) {
		f.streams = append(f.streams, stream)
		if isState(f.csc) {
			f.source += sourceOf(value)
		}
	}
	f.streams = distinct(f.streams)
	return f, nil
}

// header returns the header of the message of the object. It has no streams if a
// manager could not distribute the message.
func (f *freeForm) header(category love.Category) Header {
	if !f.hasCSC || !f.hasIndex || len(f.streams) == 0 {
		return Header{Category: category}
	}
	return Header{
		Category:    category,
		CSC:         f.csc,
		SalIndex:    f.index,
		Streams:     f.streams,
		Source:      f.source,
		Replaceable: category == love.CategoryTelemetry || isState(f.csc),
	}
}

// key returns the key of the object and its origin, as [Base.Publish] describes.
func (f *freeForm) key() (key string, of origin) {
	if f.name != "" {
		return f.name, of
	}
	return strings.Join(f.streams, ","), origin{csc: f.csc, index: f.index, hasIndex: true}
}

// headerOf returns the header of the message of any value of a user.
func headerOf(category love.Category, value love.RawValue) Header {
	f, err := readFreeForm(value)
	if err != nil {
		return Header{Category: category}
	}
	return f.header(category)
}

// isState reports whether messages of a component hold a whole state, so that
// viewers need the newest only.
func isState(csc string) bool {
	return csc == heartbeatCSC || csc == scriptqueue.HeartbeatComponent || csc == scriptqueue.StateComponent
}

// sourceOf returns whose state the value of a stream is: "MTHexapod:1" for a
// heartbeat, the index for that of a script, and nothing for the state of a queue.
func sourceOf(value []byte) string {
	var csc, index string
	for name, v := range wire.Members(value) {
		switch name {
		case "csc":
			csc, _ = textOf(v)
		case "salindex":
			index = string(v)
		case "script_heartbeat":
			return sourceOf(v)
		}
	}
	if csc == "" {
		return index
	}
	return csc + ":" + index
}

// textOf returns the text of a JSON text. ok is false for another kind of value.
func textOf(v []byte) (text string, ok bool) {
	if !wire.IsText(v) {
		return "", false
	}
	return string(wire.Text(v)), true
}

// indexOf returns the index that a JSON number or text stands for, in its
// canonical form. ok is false for another kind of value.
func indexOf(v []byte) (index love.SalIndex, ok bool) {
	if json.Unmarshal(v, &index) != nil {
		return love.SalIndex{}, false
	}
	return canonical(index), true
}

// distinct sorts names and removes duplicates.
func distinct(names []string) []string {
	slices.Sort(names)
	return slices.Compact(names)
}

// canonical returns i with a whole number in its canonical form, so that equal
// indices compare equal.
func canonical(i love.SalIndex) love.SalIndex {
	if n, ok := whole(i); ok {
		return love.Index(n)
	}
	return i
}
