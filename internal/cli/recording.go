package cli

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"math"
	"slices"
	"time"

	"github.com/rubin-love/love-go/internal/wire"
	"github.com/rubin-love/love-go/love"
)

// maxRecordedLine bounds one line of a recording, in bytes. A manager accepts
// messages of 16 MiB.
const maxRecordedLine = 64 << 20

// recordedMessage is one message of a recording, as a producer would send it.
type recordedMessage struct {
	JSON  []byte
	At    time.Duration // since an arbitrary time; only differences count
	Timed bool          // At is known
	Time  time.Time     // when the manager received it; zero if that is not known
}

// partError is an error in one part of a recording. The parts after it can
// still be read.
type partError struct {
	where string // "line 3", "step 2"
	err   error
}

func (e *partError) Error() string { return e.where + ": " + e.err.Error() }
func (e *partError) Unwrap() error { return e.err }

// readRecording yields the messages of a recording in their order. It recognises
// two formats: JSON lines as `loved sub` prints them, which are read one at a
// time, however long the file is, and transcripts of a producer as in
// testdata/golden/producer. After a [partError] it continues; any other error
// ends the sequence.
func readRecording(r io.Reader) iter.Seq2[recordedMessage, error] {
	return func(yield func(recordedMessage, error) bool) {
		lines := bufio.NewScanner(r)
		lines.Buffer(make([]byte, 0, 64<<10), maxRecordedLine)
		first := true
		for n := 1; lines.Scan(); n++ {
			line := bytes.TrimSpace(lines.Bytes())
			if len(line) == 0 {
				continue
			}
			if first && startsTranscript(line) {
				readTranscript(line, lines, yield)
				return
			}
			first = false
			message, err := parseLine(line)
			if err != nil {
				err = &partError{fmt.Sprintf("line %d", n), err}
			}
			if !yield(message, err) {
				return
			}
		}
		if err := lines.Err(); err != nil {
			yield(recordedMessage{}, err)
		}
	}
}

// parseLine parses a delivered message and returns what was published.
func parseLine(line []byte) (recordedMessage, error) {
	var f wire.Message
	if err := f.Parse(line); err != nil {
		return recordedMessage{}, err
	}
	if !wire.IsText(f.Category) {
		return recordedMessage{}, &wire.RuleError{Key: "category", Rule: "must be a text: this is not a data message"}
	}
	if err := f.CheckData(); err != nil {
		return recordedMessage{}, err
	}
	out := append([]byte(`{"category":`), f.Category...)
	out = append(append(out, `,"data":`...), publishedData(&f)...)
	if f.ProducerSnd != nil {
		out = append(append(out, `,"producer_snd":`...), f.ProducerSnd...)
	}
	m := recordedMessage{JSON: append(out, '}')}
	if m.At, m.Timed = receivedAt(f.Tracing); m.Timed {
		m.Time = utcOfTAI(m.At)
	}
	return m, nil
}

// publishedData undoes what a group does to the data: a component's group …-all
// wraps its streams once more in its name (docs/protocol/manager.md#routing).
func publishedData(f *wire.Message) []byte {
	if len(f.Items) != 1 || f.Items[0].Err != nil || !wire.IsText(f.Subscription) {
		return f.Data
	}
	item := &f.Items[0]
	streams := f.Streams(item)
	if len(streams) != 1 || !bytes.Equal(wire.Text(streams[0].Name), wire.Text(item.CSC)) || streams[0].Value[0] != '{' {
		return f.Data
	}
	group := love.Group{
		Category: love.Category(wire.Text(f.Category)),
		CSC:      string(wire.Text(item.CSC)),
		SalIndex: string(bytes.Trim(item.SalIndex, `"`)),
		Stream:   love.All,
	}
	if string(wire.Text(f.Subscription)) != group.String() {
		return f.Data
	}
	return slices.Concat([]byte(`[{"csc":`), item.CSC, []byte(`,"salindex":`), item.SalIndex,
		[]byte(`,"data":`), streams[0].Value, []byte(`}]`))
}

// receivedAt returns when the manager received the message, if that is recorded.
func receivedAt(tracing []byte) (at time.Duration, known bool) {
	if tracing == nil {
		return 0, false
	}
	var stamps struct {
		Received *float64 `json:"manager_rcv_from_producer"`
	}
	if json.Unmarshal(love.RawValue(tracing).Strict(), &stamps) != nil || stamps.Received == nil {
		return 0, false
	}
	return seconds(*stamps.Received)
}

// seconds returns s rounded to the microsecond, as time stamps are; false for a
// time that no clock shows, such as 1e300.
func seconds(s float64) (d time.Duration, ok bool) {
	const century = 100 * 365.25 * 86400
	if !(-century < s && s < 2*century) {
		return 0, false
	}
	return time.Duration(math.Round(s*1e6)) * time.Microsecond, true
}
