package sal

import (
	"crypto/md5"
	"encoding/hex"
	"strconv"
	"strings"
	"unicode/utf16"
)

// Schema is the Avro schema of the topic, the text that is registered for it on
// the Kafka bus: compact JSON, all but printable ASCII escaped (spec
// sal-kafka, sections 3.1 to 3.4). It is made anew by each call and may have
// 100 kB.
func (t *Topic) Schema() string { return t.schemaText(false) }

// RevisionCode tells versions of the definition apart: the first eight hex
// digits of the MD5 sum of the Avro schema in its indented form (spec
// sal-kafka, section 3.3). It is what private_revCode holds.
func (t *Topic) RevisionCode() string {
	t.revisionOnce.Do(func() {
		sum := md5.Sum([]byte(t.schemaText(true)))
		t.revision = hex.EncodeToString(sum[:4])
	})
	return t.revision
}

// schemaText is the Avro schema: compact, or with four spaces of indentation,
// every member and every list element on a line of its own.
func (t *Topic) schemaText(indent bool) string {
	w := schemaWriter{indent: indent}
	if t.avsc != nil {
		w.avscSchema(t)
		return w.b.String()
	}
	w.open("{")
	w.member("type", quoted("record"))
	w.member("name", quoted(t.SALName()))
	// The third part is literal, whatever topics are called on the bus (19.2).
	w.member("namespace", quoted("lsst.sal."+t.Component))
	w.key("fields")
	w.open("[")
	for _, f := range t.Fields {
		w.line()
		w.field(f)
	}
	w.close("]")
	w.member("description", quoted(t.Description))
	w.close("}")
	return w.b.String()
}

// schemaWriter writes JSON as Python's json module does.
type schemaWriter struct {
	b      strings.Builder
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
	w.b.WriteString(quoted(name) + ": ")
}

func (w *schemaWriter) member(name, value string) {
	w.key(name)
	w.b.WriteString(value)
}

func (w *schemaWriter) field(f Field) {
	avro, zero := f.Type.avro()
	w.open("{")
	w.member("name", quoted(f.Name))
	if f.IsArray() {
		w.key("type")
		w.open("{")
		w.member("type", quoted("array"))
		w.member("items", quoted(avro))
		w.close("}")
		w.key("default")
		w.open("[")
		for range f.Count {
			w.line()
			w.b.WriteString(zero)
		}
		w.close("]")
	} else {
		w.member("type", quoted(avro))
		w.member("default", zero)
	}
	w.member("description", quoted(f.Description))
	w.member("units", quoted(f.Units))
	w.close("}")
}

// avro is the name of the Avro type, and the zero as the schema has it.
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

// quoted is a JSON text in which all but printable ASCII is escaped.
func quoted(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		if i := strings.IndexRune("\n\r\t\b\f\"\\", r); i >= 0 {
			b.WriteString(`\` + string(`nrtbf"\`[i]))
			continue
		}
		if r >= ' ' && r <= '~' {
			b.WriteRune(r)
			continue
		}
		for _, unit := range utf16.AppendRune(nil, r) {
			hex := strconv.FormatUint(uint64(unit), 16)
			b.WriteString(`\u` + strings.Repeat("0", 4-len(hex)) + hex)
		}
	}
	b.WriteByte('"')
	return b.String()
}
