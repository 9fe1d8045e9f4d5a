package scriptconfig

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// A SchemaError says what is wrong with a schema.
type SchemaError struct{ Problem string }

func (e *SchemaError) Error() string { return e.Problem }

const (
	schemaURL = "urn:love:script"
	// stepFormat is a format that every schema gets, so that each step of a check looks at
	// the clock. Formats proper are not checked, as scripts do not check them.
	stepFormat = "love-step"
	// checkTime is how long comparing a value with a schema may take.
	checkTime = time.Second
)

// errTooLong ends a check, by a panic: the validator cannot be interrupted.
var errTooLong = errors.New("checking the configuration takes too long")

// readSchema reads the text of a schema.
func readSchema(text string) (map[string]any, error) {
	v, err := load(text)
	if err != nil {
		return nil, &SchemaError{"The schema is not YAML: " + err.Error() + "."}
	}
	schema, ok := v.(map[string]any)
	if !ok {
		return nil, &SchemaError{"The schema has to be a mapping, it is " + kindOf(v) + "."}
	}
	return schema, nil
}

// compiled is a schema that can be checked against once.
type compiled struct {
	schema   *jsonschema.Schema
	deadline time.Time
	patterns patterns
}

// compile prepares a schema, which it changes: draft 7 is assumed whatever the schema says.
func compile(schema map[string]any) (*compiled, error) {
	p := preparation{seen: map[string]bool{}}
	p.schema(schema, "#")
	if err := p.check(); err != nil {
		return nil, err
	}
	schema["$schema"] = jsonschema.Draft7.String()
	c := &compiled{patterns: patterns{left: maxProgram}}
	c.patterns.step = c.step
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft7)
	compiler.UseLoader(noLoader{})
	compiler.UseRegexpEngine(c.patterns.compile)
	compiler.RegisterFormat(&jsonschema.Format{Name: stepFormat, Validate: func(any) error { c.step(); return nil }})
	if err := compiler.AddResource(schemaURL, schema); err != nil {
		return nil, &SchemaError{"The schema cannot be used: " + err.Error() + "."}
	}
	var err error
	if c.schema, err = compiler.Compile(schemaURL); err != nil {
		return nil, &SchemaError{"The schema is not a JSON Schema of draft 7: " + shorten(strings.Join(strings.Fields(err.Error()), " ")) + "."}
	}
	return c, nil
}

func (c *compiled) step() {
	if time.Now().After(c.deadline) {
		panic(errTooLong)
	}
}

// validate returns what is wrong with a value, nil if nothing is.
func (c *compiled) validate(v any) (wrong *jsonschema.ValidationError, err error) {
	defer func() {
		if r := recover(); r == errTooLong {
			err = errTooLong
		} else if r != nil {
			panic(r)
		}
	}()
	c.deadline = time.Now().Add(checkTime)
	failed := c.schema.Validate(v)
	wrong, _ = errors.AsType[*jsonschema.ValidationError](failed)
	return wrong, nil
}

// noLoader refuses to fetch anything.
type noLoader struct{}

func (noLoader) Load(address string) (any, error) {
	return nil, fmt.Errorf("nothing is fetched from %s", address)
}

// preparation walks through the schemas inside a schema.
type preparation struct {
	seen map[string]bool // where there are schemas, as references name them
	refs []string
}

// The keywords whose values are schemas, lists of schemas or schemas by name.
var (
	schemaKeywords = []string{"additionalItems", "additionalProperties", "contains", "else", "if", "items", "not", "propertyNames", "then"}
	listKeywords   = []string{"allOf", "anyOf", "items", "oneOf"}
	namedKeywords  = []string{"$defs", "definitions", "dependencies", "patternProperties", "properties"}
)

// schema prepares the schema at a place, and all inside it.
func (p *preparation) schema(v any, at string) {
	s, ok := v.(map[string]any)
	if !ok {
		p.seen[at] = true // true and false are schemas too; anything else does not compile
		return
	}
	p.seen[at] = true
	s["format"] = stepFormat
	delete(s, "$id") // references count from the root
	if ref, ok := s["$ref"].(string); ok {
		p.refs = append(p.refs, ref)
	}
	for _, k := range schemaKeywords {
		if inner, has := s[k]; has && !isList(inner) {
			p.schema(inner, at+"/"+k)
		}
	}
	for _, k := range listKeywords {
		all, _ := s[k].([]any)
		for i, inner := range all {
			p.schema(inner, at+"/"+k+"/"+strconv.Itoa(i))
		}
	}
	for _, k := range namedKeywords {
		named, _ := s[k].(map[string]any)
		for name, inner := range named {
			if !isList(inner) { // a dependency may be a list of names
				p.schema(inner, at+"/"+k+"/"+strings.NewReplacer("~", "~0", "/", "~1").Replace(name))
			}
		}
	}
}

func isList(v any) bool {
	_, is := v.([]any)
	return is
}

// check refuses references to what is not a schema in the same text: others are not
// fetched, and would not be bounded in time.
func (p *preparation) check() error {
	for _, ref := range p.refs {
		target, err := url.PathUnescape(ref)
		if err != nil || !p.seen[target] {
			return &SchemaError{fmt.Sprintf("The schema refers to %q: a reference has to name a schema in the same text, such as \"#/definitions/x\"; nothing is fetched.", shorten(ref))}
		}
	}
	return nil
}
