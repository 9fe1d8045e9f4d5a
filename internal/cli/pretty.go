package cli

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/rubin-love/love-go/internal/wire"
	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/client"
)

// prettyPrinter prints messages for people: a heading per stream, a line per field with
// its value and units. SAL's private fields are left out.
//
//	12:03:07.250  telemetry  ATDome:0  position
//	    azimuthPosition  57.3 deg
type prettyPrinter struct {
	topics knownTopics // with the names of enumerations
	width  int         // of the terminal; 0 for any
	now    func() time.Time
}

// print prints a message. What is not a data message is printed as it is.
func (p prettyPrinter) print(w io.Writer, raw []byte) error {
	m, err := love.ParseMessage(raw)
	if err != nil {
		return printLine(w, raw)
	}
	var out bytes.Buffer
	for _, item := range m.Data {
		if m.Category == love.CategoryHeartbeat {
			p.heartbeat(&out, item)
			continue
		}
		for _, s := range streamsOf(m, item) {
			fmt.Fprintf(&out, "%s  %s  %s:%s  %s%s\n", p.clock(m, s.Value), m.Category, item.CSC, item.SalIndex, s.Name, snapshotText(raw))
			topic := p.topics.topics(m.Category, item.CSC)[s.Name]
			if err := p.value(&out, topic, s.Value); err != nil {
				return err
			}
		}
	}
	_, err = w.Write(out.Bytes())
	return err
}

// noClock stands in place of a time that is not known.
const noClock = "            "

// clock returns when a message came or, if it does not say that, when its event was
// sent. A last value may be of another day.
func (p prettyPrinter) clock(m love.Message, value []byte) string {
	at, known := receivedAt(m.Tracing)
	if !known {
		if at, known = sentAt(value); !known {
			return noClock
		}
	}
	return p.timeText(utcOfTAI(at))
}

// timeText returns a time to the millisecond, with the date if that is not today's.
func (p prettyPrinter) timeText(t time.Time) string {
	const clock = "15:04:05.000"
	if t, now := t.UTC(), p.now().UTC(); t.Format(time.DateOnly) != now.Format(time.DateOnly) {
		return t.Format(time.DateOnly + " " + clock)
	}
	return t.UTC().Format(clock)
}

// sentAt returns when the sample of a stream was written, in TAI.
func sentAt(value []byte) (at time.Duration, known bool) {
	for element := range wire.Elements(value) { // the newest event is the first
		value = element
		break
	}
	for name, field := range wire.Members(value) {
		if name == "private_sndStamp" {
			seconds, err := strconv.ParseFloat(string(fieldOf(field).value), 64)
			return time.Duration(math.Round(seconds*1e6)) * time.Microsecond, err == nil && seconds > 0
		}
	}
	return 0, false
}

// snapshotText says what a message from a snapshot or the archive is; empty for any other.
func snapshotText(raw []byte) string {
	snapshot, stale, past := false, false, false
	for name, value := range wire.Members(raw) {
		snapshot = snapshot || name == "snapshot" && string(value) == "true"
		stale = stale || name == "stale" && string(value) == "true"
		past = past || name == "history" && string(value) == "true"
	}
	switch {
	case past:
		return "  (from the archive)"
	case stale:
		return "  (last value, its publisher has gone)"
	case snapshot:
		return "  (last value)"
	}
	return ""
}

// heartbeat prints the heartbeat of a part of LOVE, with its own time.
func (p prettyPrinter) heartbeat(out *bytes.Buffer, item love.Item) {
	for _, s := range item.Streams {
		if s.Name == "timestamp" {
			fmt.Fprintf(out, "%s  heartbeat  %s\n", p.unixText(s.Value), item.CSC)
		}
	}
}

// unixText returns a time stamp in UNIX seconds as a time; 0 and less stand for never.
func (p prettyPrinter) unixText(stamp []byte) string {
	seconds, err := strconv.ParseFloat(string(stamp), 64)
	switch {
	case err != nil:
		return string(stamp)
	case seconds <= 0:
		return "never"
	}
	return p.timeText(time.UnixMicro(int64(math.Round(seconds * 1e6))))
}

// utcOfTAI returns the UTC time of a time stamp in TAI, given as the time since
// 1970.
func utcOfTAI(stamp time.Duration) time.Time {
	t := time.Unix(0, int64(stamp)).UTC()
	return t.Add(-love.LeapSeconds(t))
}

// streamsOf returns the streams of an item, without the wrapping of a group …-all.
func streamsOf(m love.Message, item love.Item) []love.Stream {
	if len(item.Streams) != 1 || item.Streams[0].Name != item.CSC || !strings.HasSuffix(m.Subscription, "-all") {
		return item.Streams
	}
	var streams []love.Stream
	for name, value := range wire.Members(item.Streams[0].Value) {
		streams = append(streams, love.Stream{Name: name, Value: value})
	}
	return streams
}

// value prints the fields of a stream: telemetry is one object of them, an event a list
// with one or more.
func (p prettyPrinter) value(out *bytes.Buffer, topic client.Topic, value []byte) error {
	if len(value) > 0 && value[0] == '[' {
		for element := range wire.Elements(value) {
			if err := p.value(out, topic, element); err != nil {
				return err
			}
		}
		return nil
	}
	if len(value) == 0 || value[0] != '{' {
		fmt.Fprintf(out, "    %s\n", value)
		return nil
	}
	var rows [][]string
	for name, field := range wire.Members(value) {
		if strings.HasPrefix(name, "private_") || name == "salIndex" {
			continue
		}
		rows = append(rows, []string{"    " + printable(name), p.field(topic, name, field)})
	}
	if rows == nil {
		return nil
	}
	return printTable(out, rows, p.width)
}
