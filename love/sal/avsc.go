package sal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// avroTypes maps the primitive Avro types of fields in .avsc files to the types of
// this package, which have the same values.
var avroTypes = map[string]Type{
	"boolean": Boolean, "int": Int, "long": LongLong, "float": Float, "double": Double, "string": String,
}

// camera reads the telemetry of a component that is defined in .avsc files
// (spec sal-kafka, section 2.8).
func (l *library) camera(name string) ([]*Topic, error) {
	files, err := fs.ReadDir(l.cameras, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var topics []*Topic
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".avsc") {
			continue
		}
		t, err := readAVSC(l.cameras, path.Join(name, f.Name()))
		if err != nil {
			return nil, err
		}
		topics = append(topics, t)
	}
	return topics, nil
}

// readAVSC reads one topic, which has the name of the file.
func readAVSC(folder fs.FS, file string) (*Topic, error) {
	f, err := folder.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxXMLBytes))
	if err != nil {
		return nil, err
	}
	t, err := topicFromAVSC(text)
	if err != nil {
		return nil, &XMLError{File: file, Line: jsonLine(text, err), Err: err}
	}
	salName, _, _ := strings.Cut(path.Base(file), ".")
	if t.Kind, t.Name = splitSALName(salName); t.Kind != Telemetry {
		return nil, &XMLError{File: file, Err: fmt.Errorf("%s is no name of a telemetry topic", salName)}
	}
	return t, nil
}

// jsonLine returns the line of an error in JSON, 0 if it is not known.
func jsonLine(text []byte, err error) int {
	var syntax *json.SyntaxError
	if !errors.As(err, &syntax) {
		return 0
	}
	return 1 + bytes.Count(text[:min(int(syntax.Offset), len(text))], []byte("\n"))
}

func topicFromAVSC(text []byte) (*Topic, error) {
	root, err := parseJSON(text)
	if err != nil {
		return nil, fmt.Errorf("not JSON: %w", err)
	}
	if kind, _ := root.member("type").text(); kind != "record" {
		return nil, errors.New(`an .avsc file holds one Avro record, {"type": "record", …}`)
	}
	fields := root.member("fields")
	if fields.open != '[' {
		return nil, errors.New("the record has no list of fields")
	}
	t := &Topic{avsc: root}
	seen := map[string]bool{}
	for i, n := range fields.values {
		f, err := fieldFromAVSC(n)
		if err != nil {
			return nil, fmt.Errorf("field %d: %w", i+1, err)
		}
		if seen[f.Name] {
			return nil, fmt.Errorf("a second field %s", f.Name)
		}
		seen[f.Name] = true
		t.Fields = append(t.Fields, f)
	}
	return t, nil
}

func fieldFromAVSC(n *jsonNode) (Field, error) {
	f := Field{Count: 1, Units: unitless, Avro: true}
	f.Name, _ = n.member("name").text()
	if units, ok := n.member("units").text(); ok && units != "" {
		f.Units = units
	}
	f.Description, _ = n.member("description").text()
	typ := n.member("type")
	choices := []*jsonNode{typ}
	if typ.open == '[' {
		choices = typ.values
	}
	for _, c := range choices {
		name, _ := c.text()
		switch t, ok := avroTypes[name]; {
		case name == "null":
			f.Nullable = true
		case !ok || f.Type != "":
			return Field{}, fmt.Errorf("%s: the type is boolean, int, long, float, double or string, or a list of one of these and null", f.Name)
		default:
			f.Type = t
		}
	}
	if typ.open == '[' && !f.Nullable {
		return Field{}, fmt.Errorf("%s: a list of types has null and one other", f.Name)
	}
	return f, f.check()
}

// avscSchema writes the schema of a topic that an .avsc file defines: the record
// of the file with the topic's name, the members of its fields in the order of
// schemas, and the private fields after them (spec sal-kafka, section 3.4).
func (w *schemaWriter) avscSchema(t *Topic) {
	ordered := &jsonNode{open: '{'}
	known := []string{"type", "name", "fields", "namespace"}
	for i, key := range t.avsc.keys {
		if !slices.Contains(known, key) {
			ordered.set(key, t.avsc.values[i])
		}
	}
	w.open("{")
	for i, key := range ordered.keys {
		w.key(key)
		w.node(ordered.values[i])
	}
	w.member("type", "record")
	w.member("name", t.SALName())
	w.key("fields")
	w.open("[")
	for _, f := range t.avsc.member("fields").values {
		w.line()
		w.node(avscField(f))
	}
	for _, f := range privateFields(t.indexed) {
		w.line()
		w.field(f)
	}
	w.close("]")
	if namespace := t.avsc.member("namespace"); namespace.present {
		w.key("namespace")
		w.node(namespace)
	}
	w.close("}")
}

// avscField returns a field with its members in the order of schemas.
func avscField(f *jsonNode) *jsonNode {
	last := []string{"default", "doc", "aliases", "name", "type"}
	out := &jsonNode{open: '{'}
	for i, key := range f.keys {
		if !slices.Contains(last, key) {
			out.set(key, f.values[i])
		}
	}
	for _, key := range last {
		if v := f.member(key); v.present {
			out.set(key, v)
		}
	}
	return out
}

// node writes a parsed JSON value.
func (w *schemaWriter) node(n *jsonNode) {
	switch n.open {
	case '{':
		w.open("{")
		for i, key := range n.keys {
			w.key(key)
			w.node(n.values[i])
		}
		w.close("}")
	case '[':
		w.open("[")
		for _, v := range n.values {
			w.line()
			w.node(v)
		}
		w.close("]")
	default:
		if text, ok := n.text(); ok {
			w.quote(text)
			return
		}
		w.b.WriteString(n.literal)
	}
}
