package salxml

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/rubin-love/love-go/love/sal"
)

// avroTypes maps the primitive Avro types of fields in .avsc files to the types of
// package sal that have the same values.
var avroTypes = map[string]sal.Type{
	"boolean": sal.Boolean, "int": sal.Int, "long": sal.LongLong, "float": sal.Float, "double": sal.Double, "string": sal.String,
}

// camera reads the telemetry of a component that is defined in .avsc files
// (docs/protocol/sal-kafka.md#camera-telemetry).
func (f *folder) camera(name string) ([]*sal.Topic, error) {
	files, err := fs.ReadDir(f.cameras, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var topics []*sal.Topic
	for _, file := range files {
		if !strings.HasSuffix(file.Name(), ".avsc") {
			continue
		}
		t, err := readAVSC(f.cameras, path.Join(name, file.Name()))
		if err != nil {
			return nil, err
		}
		topics = append(topics, t)
	}
	return topics, nil
}

// readAVSC reads one topic, which has the name of the file.
func readAVSC(fsys fs.FS, file string) (*sal.Topic, error) {
	text, err := readText(fsys, file)
	if err != nil {
		return nil, err
	}
	t, err := topicFromAVSC(text)
	if err != nil {
		return nil, &Error{File: file, Line: jsonLine(text, err), Err: err}
	}
	salName, _, _ := strings.Cut(path.Base(file), ".")
	if t.SetSALName(salName); t.Kind != sal.Telemetry {
		return nil, &Error{File: file, Err: fmt.Errorf("%s is not the name of a telemetry topic", salName)}
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

// avroField is a field of an Avro record. Members of an unexpected type are ignored
// where they only describe.
type avroField struct{ Name, Units, Description, Type any }

func topicFromAVSC(text []byte) (*sal.Topic, error) {
	var record struct {
		Type   any
		Fields []avroField
	}
	if err := json.Unmarshal(text, &record); err != nil {
		return nil, fmt.Errorf("not the JSON of an Avro record: %w", err)
	}
	switch {
	case record.Type != "record":
		return nil, errors.New(`an .avsc file holds one Avro record, {"type": "record", …}`)
	case record.Fields == nil:
		return nil, errors.New("the record has no list of fields")
	}
	t := &sal.Topic{AvroRecord: string(text)}
	for i, a := range record.Fields {
		f, err := a.field()
		if err != nil {
			return nil, fmt.Errorf("field %d: %w", i+1, err)
		}
		if slices.ContainsFunc(t.Fields, func(o sal.Field) bool { return o.Name == f.Name }) {
			return nil, fmt.Errorf("a second field %s", f.Name)
		}
		t.Fields = append(t.Fields, f)
	}
	return t, nil
}

func (a avroField) field() (sal.Field, error) {
	f := sal.Field{Count: 1, Avro: true}
	f.Name, _ = a.Name.(string)
	f.Units, _ = a.Units.(string)
	f.Description, _ = a.Description.(string)
	types, isUnion := a.Type.([]any)
	if !isUnion {
		types = []any{a.Type}
	}
	for _, choice := range types {
		name, _ := choice.(string)
		switch t, ok := avroTypes[name]; {
		case name == "null":
			f.Nullable = true
		case !ok || f.Type != "":
			return f, fmt.Errorf("%s: the type is boolean, int, long, float, double or string, or a list of one of these and null", f.Name)
		default:
			f.Type = t
		}
	}
	if isUnion && !f.Nullable {
		return f, fmt.Errorf("%s: a list of types has null and one other", f.Name)
	}
	return f, f.Validate()
}
