package sal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// avroRecord is the record that defines a topic, in the parts that its schema puts
// in another order (docs/protocol/sal-kafka.md#camera-schemas).
type avroRecord struct {
	others    []member        // besides type, name, fields and namespace
	fields    [][]member      // in the order of schemas
	namespace json.RawMessage // nil if there is none
}

// member is one member of a JSON object.
type member struct {
	name  string
	value json.RawMessage
}

// fieldTail lists the members of a field that schemas have at the end; all others
// come before them, in the order of the record.
var fieldTail = [...]string{"default", "doc", "aliases", "name", "type"}

// parseAvroRecord reads a record with its members in order, which decoding into a
// map would lose.
func parseAvroRecord(text string) (*avroRecord, error) {
	d := json.NewDecoder(strings.NewReader(text))
	r := &avroRecord{}
	err := eachMember(d, func(name string) error {
		if name == "fields" {
			return r.readFields(d)
		}
		value, err := rawValue(d)
		switch name {
		case "type", "name":
		case "namespace":
			r.namespace = value
		default:
			r.others = append(r.others, member{name, value})
		}
		return err
	})
	if err == nil && d.More() {
		err = errors.New("more text after the record")
	}
	return r, err
}

// check reports whether the record has exactly these fields.
func (r *avroRecord) check(fields []Field) error {
	same := slices.EqualFunc(r.fields, fields, func(members []member, f Field) bool {
		return slices.ContainsFunc(members, func(m member) bool {
			var name string
			return m.name == "name" && json.Unmarshal(m.value, &name) == nil && name == f.Name
		})
	})
	if !same {
		return errors.New("its fields are not those of the topic")
	}
	return nil
}

func (r *avroRecord) readFields(d *json.Decoder) error {
	if err := expect(d, '['); err != nil {
		return err
	}
	for d.More() {
		var field []member
		err := eachMember(d, func(name string) error {
			value, err := rawValue(d)
			field = append(field, member{name, value})
			return err
		})
		if err != nil {
			return err
		}
		slices.SortStableFunc(field, func(a, b member) int {
			return slices.Index(fieldTail[:], a.name) - slices.Index(fieldTail[:], b.name)
		})
		r.fields = append(r.fields, field)
	}
	return expect(d, ']')
}

// eachMember reads an object. It calls read for each member, whose value read must
// take from the decoder.
func eachMember(d *json.Decoder, read func(name string) error) error {
	if err := expect(d, '{'); err != nil {
		return err
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return err
		}
		if err := read(name.(string)); err != nil {
			return fmt.Errorf("member %s: %w", name, err)
		}
	}
	return expect(d, '}')
}

func expect(d *json.Decoder, want json.Delim) error {
	token, err := d.Token()
	if err == nil && token != want {
		err = fmt.Errorf("%v in place of %v", token, want)
	}
	return err
}

// maxNesting bounds the depth of a member; real ones have one level. Without it the
// indentation of a schema could be larger than memory.
const maxNesting = 32

func rawValue(d *json.Decoder) (value json.RawMessage, err error) {
	if err := d.Decode(&value); err != nil {
		return nil, err
	}
	if bytes.Count(value, []byte("[")) > maxNesting || bytes.Count(value, []byte("{")) > maxNesting {
		return value, checkNesting(value)
	}
	return value, nil
}

func checkNesting(value json.RawMessage) error {
	d := json.NewDecoder(bytes.NewReader(value))
	for depth := 0; depth <= maxNesting; {
		token, err := d.Token()
		switch {
		case err != nil: // the end of the value, which is valid
			return nil
		case token == json.Delim('{') || token == json.Delim('['):
			depth++
		case token == json.Delim('}') || token == json.Delim(']'):
			depth--
		}
	}
	return errors.New("nested too deep")
}

// recordSchema writes the schema of a topic that an Avro record defines: the record
// with the topic's name, and the private fields after those of the record.
func (w *schemaWriter) recordSchema(t *Topic) {
	w.open("{")
	w.members(t.record.others)
	w.member("type", "record")
	w.member("name", t.SALName())
	w.key("fields")
	w.open("[")
	for _, f := range t.record.fields {
		w.line()
		w.open("{")
		w.members(f)
		w.close("}")
	}
	for _, f := range privateFields(t.indexed) {
		w.line()
		w.field(f)
	}
	w.close("]")
	if t.record.namespace != nil {
		w.members([]member{{"namespace", t.record.namespace}})
	}
	w.close("}")
}

func (w *schemaWriter) members(list []member) {
	for _, m := range list {
		w.key(m.name)
		switch m.value[0] {
		case '"':
			var text string
			_ = json.Unmarshal(m.value, &text) // it is valid
			w.quote(text)
		case '{', '[':
			d := json.NewDecoder(bytes.NewReader(m.value))
			d.UseNumber()
			w.value(d)
		default: // a number with its own digits, true, false or null
			w.b.Write(m.value)
		}
	}
}

// value writes the JSON value that the decoder reads next, which is known to be
// valid.
func (w *schemaWriter) value(d *json.Decoder) {
	token, _ := d.Token()
	switch t := token.(type) {
	case nil:
		w.b.WriteString("null")
	case string:
		w.quote(t)
	case json.Delim:
		w.open(t.String())
		for d.More() {
			if t == '{' {
				name, _ := d.Token()
				w.key(name.(string))
			} else {
				w.line()
			}
			w.value(d)
		}
		end, _ := d.Token()
		w.close(end.(json.Delim).String())
	default:
		fmt.Fprint(&w.b, t)
	}
}
