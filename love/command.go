package love

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rubin-love/love-go/internal/wire"
)

// Command is a command to a component, as the frontend posts it to the manager and
// the manager to the commander (docs/protocol/manager.md#commands,
// docs/protocol/commander.md#commands).
type Command struct {
	CSC      string `json:"csc"`
	SalIndex int    `json:"salindex"`
	Name     string `json:"cmd"` // with its prefix: "cmd_moveAzimuth"
	// Params is the JSON object of parameters by name; none if empty.
	Params json.RawMessage `json:"params"`
	// Identity is who commands, "user@host"; the manager sets it.
	Identity string `json:"identity,omitempty"`
}

// The errors of [ParseCommand] that a caller can distinguish.
var (
	// ErrNotJSON reports a text that is not JSON, or that readers could
	// understand in two ways because an object has a key twice.
	ErrNotJSON = errors.New("not JSON")
	// ErrIncompleteCommand reports an object that lacks a key of a command, or has
	// a value of another type or no name there.
	ErrIncompleteCommand = errors.New("not a complete command")
)

// ParseCommand reads a command from the JSON object that a client posted. It is
// strict, so that nobody reads the object differently later: keys are
// case-sensitive, and no object in it may have a key twice. Unknown keys are
// ignored. Params are a part of the text that was passed, with all digits of their
// numbers. The index may also be a text with a whole number, and be written with
// a fraction or an exponent ("1", 1.0), as the Python commander takes it.
// Identity stays empty if it is missing or not a text.
//
// The error says which key is wrong and what is expected. It wraps
// [ErrNotJSON] or [ErrIncompleteCommand], or neither if the text is not an
// object, has a key in another case, or half of a surrogate pair in a text, which
// would reach the component as another character.
func ParseCommand(object []byte) (Command, error) {
	if err := wire.Strict(object); err != nil {
		if text, ok := errors.AsType[*wire.TextError](err); ok && text.Surrogate != "" {
			return Command{}, fmt.Errorf("reading the command: %w", err)
		}
		return Command{}, kindOf(ErrNotJSON, err)
	}
	object = bytes.TrimSpace(object)
	if object[0] != '{' {
		return Command{}, errors.New("reading the command: it is not a JSON object")
	}
	var c Command
	var found [len(commandKeys)]bool
	var incomplete error
	for key, value := range wire.Members(object) {
		i := slices.IndexFunc(commandKeys[:], func(k commandKey) bool { return strings.EqualFold(k.name, key) })
		switch {
		case i < 0:
			continue
		case key != commandKeys[i].name: // some JSON readers ignore case
			return Command{}, fmt.Errorf("reading the command: %q is not a key of a command: write %q", key, commandKeys[i].name)
		}
		k := commandKeys[i]
		found[i] = true
		if !k.set(&c, value) && k.expected != "" {
			incomplete = fmt.Errorf("reading the command: %q must be %s, not %s", key, k.expected, excerpt(value))
		}
	}
	for i, k := range commandKeys {
		if !found[i] && k.expected != "" {
			incomplete = fmt.Errorf(`reading the command: %q is missing; a command has "csc", "salindex", "cmd" and "params"`, k.name)
			break
		}
	}
	if incomplete != nil {
		return Command{}, kindOf(ErrIncompleteCommand, incomplete)
	}
	return c, nil
}

// commandKey is a key of a command.
type commandKey struct {
	name     string
	expected string // what the value must be, for an error text; empty: it may be anything, or missing
	// set sets the value and reports whether it was what is expected.
	set func(c *Command, value json.RawMessage) bool
}

var commandKeys = [...]commandKey{
	{"csc", `the name of a component such as "ATDome"`, func(c *Command, v json.RawMessage) bool { return setName(&c.CSC, v) }},
	{"salindex", "a whole number", func(c *Command, v json.RawMessage) bool {
		return setIndex(&c.SalIndex, v)
	}},
	{"cmd", `the name of a command such as "cmd_moveAzimuth"`, func(c *Command, v json.RawMessage) bool { return setName(&c.Name, v) }},
	{"params", "an object with the parameters by name ({} for none)", func(c *Command, v json.RawMessage) bool {
		c.Params = v
		return v[0] == '{'
	}},
	{"identity", "", func(c *Command, v json.RawMessage) bool { return setName(&c.Identity, v) }},
}

// setName sets a name, and reports whether the value was one.
func setName(name *string, value json.RawMessage) bool {
	if wire.IsText(value) {
		*name = string(wire.Text(value))
	}
	return *name != ""
}

// setIndex sets a SAL index, and reports whether the value was one: a whole number,
// or a text that Python's int() reads as one.
func setIndex(index *int, value json.RawMessage) bool {
	var n int64
	var ok bool
	if wire.IsText(value) {
		text, err := strconv.Atoi(strings.Trim(string(wire.Text(value)), " \t\r\n"))
		n, ok = int64(text), err == nil
	} else if wire.IsNumber(value) {
		n, ok = wire.Int(value)
	}
	*index = int(n)
	return ok && int64(*index) == n
}

// kindError is an error that also is of a kind, which its text does not repeat.
type kindError struct{ kind, err error }

func kindOf(kind, err error) error { return &kindError{kind, err} }

func (e *kindError) Error() string   { return e.err.Error() }
func (e *kindError) Unwrap() []error { return []error{e.kind, e.err} }

// excerpt returns the beginning of a JSON value, for an error text.
func excerpt(value []byte) string {
	const enough = 120
	if len(value) <= enough {
		return string(value)
	}
	return strings.ToValidUTF8(string(value[:enough]), "") + "…"
}

// Ack is the answer to a command. [Ack.Succeeded] reports what it means; the text
// is for people, and a component may answer anything: the ScriptQueue's "add" with
// the number of the script.
type Ack struct {
	Text string `json:"ack"` // "Done" if a component that succeeded gave no text
	// Code is the code of the component's acknowledgement
	// (docs/protocol/sal-kafka.md#return-codes), such as [AckComplete] or
	// [AckFailed]; 0 if the commander does not report it, like the Python one.
	Code int `json:"code,omitempty"`
	// Error is the component's own error number; 0 if none.
	Error int `json:"error,omitempty"`
	// Raw is the whole answer as a LOVE-commander wrote it, which may have more
	// than the fields above. It is passed on in their place. Nil if the answer
	// was made in this process.
	Raw json.RawMessage `json:"-"`
}

// Done is the text of a component that succeeded and has nothing to add.
const Done = "Done"

// The usual codes of an [Ack].
const (
	AckComplete = 303  // the command succeeded
	AckFailed   = -302 // the component refused the command, or could not execute it
)

// Succeeded reports whether the component has executed the command. The code
// decides. A commander that reports none has another answer than an Ack for a
// command that failed, so its Ack is a success, unless it is empty.
func (a Ack) Succeeded() bool {
	return a.Code == AckComplete || a.Code == 0 && (a.Text != "" || a.Raw != nil)
}

// Progress is an acknowledgement that does not end its command: the component
// has seen it, or works on it.
type Progress struct {
	Code   int    `json:"code"` // 300 or 301
	Name   string `json:"name"` // "CMD_INPROGRESS"
	Result string `json:"result,omitempty"`
	// Timeout is about how much longer it takes, in seconds. Each acknowledgement adds
	// its own to the time limit of the command.
	Timeout float64 `json:"timeout,omitempty"`
}

// Extension returns by how much the progress extends the time limit of its
// command: by Timeout, but at most by a day.
func (p Progress) Extension() time.Duration {
	const longest = 24 * time.Hour
	switch {
	case !(p.Timeout > 0): // NaN, too
		return 0
	case p.Timeout >= longest.Seconds():
		return longest
	}
	return time.Duration(p.Timeout * float64(time.Second))
}
