package sal

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"strings"
	"unicode/utf16"
)

// Schema returns the Avro schema of the topic as it is registered for the Kafka
// bus: compact JSON in which all but printable ASCII is escaped
// (docs/protocol/sal-kafka.md#schema). Each call builds it again; it can be 100
// kB long.
func (t *Topic) Schema() string { return string(t.schemaText(false)) }

// RevisionCode returns the code that distinguishes versions of the definition: the
// first eight hex digits of the MD5 sum of the Avro schema in its indented form
// (docs/protocol/sal-kafka.md#schema-text). It is the value of private_revCode.
func (t *Topic) RevisionCode() string {
	t.revisionOnce.Do(func() {
		sum := md5.Sum(t.schemaText(true))
		t.revision = hex.EncodeToString(sum[:4])
	})
	return t.revision
}

// schemaText returns the Avro schema, either compact or indented by four spaces
// with every member and every list element on a line of its own.
func (t *Topic) schemaText(indent bool) []byte {
	w := schemaWriter{indent: indent}
	w.b.Grow(len(t.Fields) * schemaPerField)
	if t.record != nil {
		w.recordSchema(t)
		return w.b.Bytes()
	}
	w.open("{")
	w.member("type", "record")
	w.member("name", t.SALName())
	// The third part is literal, whatever topics are called on the bus
	// (docs/protocol/sal-kafka.md#schema).
	w.member("namespace", "lsst.sal."+t.Component)
	w.key("fields")
	w.open("[")
	for _, f := range t.Fields {
		w.line()
		w.field(f)
	}
	w.close("]")
	w.member("description", t.Description)
	w.close("}")
	return w.b.Bytes()
}

// schemaPerField is the room for a field in a schema, in bytes; few need more.
const schemaPerField = 256

// schemaWriter writes JSON as Python's json module does.
type schemaWriter struct {
	b      bytes.Buffer
	indent bool
	depth  int
	first  bool
}

// indentation is enough for a schema, which is four levels deep.
const indentation = "                                "

func (w *schemaWriter) open(bracket string) {
	w.b.WriteString(bracket)
	w.depth++
	w.first = true
}

func (w *schemaWriter) close(bracket string) {
	w.depth--
	if !w.first { // an empty list or object stays on its line
		w.newLine()
	}
	w.b.WriteString(bracket)
	w.first = false
}

// line begins a member or element.
func (w *schemaWriter) line() {
	switch {
	case w.first:
	case w.indent:
		w.b.WriteByte(',')
	default:
		w.b.WriteString(", ")
	}
	w.first = false
	w.newLine()
}

func (w *schemaWriter) newLine() {
	if !w.indent {
		return
	}
	w.b.WriteByte('\n')
	for n := 4 * w.depth; n > 0; n -= len(indentation) {
		w.b.WriteString(indentation[:min(n, len(indentation))])
	}
}

func (w *schemaWriter) key(name string) {
	w.line()
	w.quote(name)
	w.b.WriteString(": ")
}

// member writes a member whose value is a text.
func (w *schemaWriter) member(name, text string) {
	w.key(name)
	w.quote(text)
}

func (w *schemaWriter) field(f Field) {
	avro, zero := f.Type.avro()
	w.open("{")
	w.member("name", f.Name)
	if f.IsArray() {
		w.key("type")
		w.open("{")
		w.member("type", "array")
		w.member("items", avro)
		w.close("}")
		w.key("default")
		w.open("[")
		for range f.Count {
			w.line()
			w.b.WriteString(zero)
		}
		w.close("]")
	} else {
		w.member("type", avro)
		w.key("default")
		w.b.WriteString(zero)
	}
	w.member("description", f.Description)
	w.member("units", f.Units)
	w.close("}")
}

// avro returns the name of the Avro type, and its zero as written in the schema.
func (t Type) avro() (name, zero string) {
	switch t {
	case Boolean:
		return "boolean", "false"
	case Float:
		return "float", "0.0"
	case Double:
		return "double", "0.0"
	case String:
		return "string", `""`
	case LongLong, UnsignedInt:
		return "long", "0"
	}
	return "int", "0"
}

// quote writes a JSON text in which all but printable ASCII is escaped.
func (w *schemaWriter) quote(s string) {
	w.b.WriteByte('"')
	for _, r := range s {
		if r < ' ' || r > '~' || r == '"' || r == '\\' {
			w.escape(r)
		} else {
			w.b.WriteByte(byte(r))
		}
	}
	w.b.WriteByte('"')
}

func (w *schemaWriter) escape(r rune) {
	if i := strings.IndexRune("\n\r\t\b\f\"\\", r); i >= 0 {
		w.b.WriteString(`\` + string(`nrtbf"\`[i]))
		return
	}
	for _, unit := range utf16.AppendRune(nil, r) {
		fmt.Fprintf(&w.b, `\u%04x`, unit)
	}
}
