package cli

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"

	"github.com/rubin-love/love-go/internal/wire"
)

// maxTranscript bounds a transcript, which is read as a whole, in bytes.
const maxTranscript = 256 << 20

// transcript is the recording of what a producer sent, in steps.
type transcript struct {
	Steps []struct {
		Expect   []json.RawMessage `json:"expect"`
		ExpectAt []float64         `json:"expect_at"` // seconds since the producer was made
	} `json:"steps"`
}

// startsTranscript reports whether the first line of a recording is the start of a
// transcript rather than being a message.
func startsTranscript(line []byte) bool {
	if wire.Valid(line) != nil {
		return line[0] == '{' && !bytes.Contains(line, []byte(`"category"`))
	}
	var members map[string]json.RawMessage
	return json.Unmarshal(line, &members) == nil && members["steps"] != nil
}

func readTranscript(first []byte, rest *bufio.Scanner, yield func(recordedMessage, error) bool) {
	text := append(bytes.Clone(first), '\n')
	for rest.Scan() {
		text = append(append(text, rest.Bytes()...), '\n')
		if len(text) > maxTranscript {
			yield(recordedMessage{}, fmt.Errorf("the transcript is longer than %d MiB", maxTranscript>>20))
			return
		}
	}
	if err := rest.Err(); err != nil {
		yield(recordedMessage{}, err)
		return
	}
	var t transcript
	if err := json.Unmarshal(text, &t); err != nil {
		yield(recordedMessage{}, fmt.Errorf("neither lines of `loved sub` nor a transcript: %w", err))
		return
	}
	t.messages(yield)
}

// messages yields the data messages. What else a producer sends, such as
// subscriptions, belongs to its own connection.
func (t *transcript) messages(yield func(recordedMessage, error) bool) {
	for i, step := range t.Steps {
		for j, raw := range step.Expect {
			var f wire.Message
			err := f.Parse(raw)
			switch {
			case err == nil && (f.Option != nil || f.Action != nil || f.CheckData() != nil):
				continue
			case err == nil && !wire.IsText(f.Category):
				err = &wire.RuleError{Key: "category", Rule: "must be a text"}
			}
			message := recordedMessage{JSON: bareFloats(raw)}
			if j < len(step.ExpectAt) {
				message.At, message.Timed = seconds(step.ExpectAt[j])
			}
			if err != nil {
				message, err = recordedMessage{}, &partError{fmt.Sprintf("step %d", i+1), err}
			}
			if !yield(message, err) {
				return
			}
		}
	}
}

// floatObject matches NaN and the infinities as a transcript, which is strict
// JSON, writes them.
var floatObject = regexp.MustCompile(`^\{\s*"\$float"\s*:\s*"(NaN|Infinity|-Infinity)"\s*\}`)

// bareFloats replaces these objects in raw, which must be JSON, with the bare
// tokens of Python's JSON. All other bytes stay.
func bareFloats(raw []byte) []byte {
	out := make([]byte, 0, len(raw))
	for i := 0; i < len(raw); {
		end := i + 1
		switch raw[i] {
		case '"':
			end, _ = wire.Skip(raw, i) // a text stays as it is
		case '{':
			if m := floatObject.FindSubmatch(raw[i:]); m != nil {
				out = append(out, m[1]...)
				i += len(m[0])
				continue
			}
		}
		out = append(out, raw[i:end]...)
		i = end
	}
	return out
}
