package scriptconfig

import (
	"errors"
	"maps"
	"time"
)

// MaxText is the longest text that is checked, in bytes.
const MaxText = 256 << 10

// The titles of a [Result].
const (
	TitleValid   = "None"
	TitleInvalid = "INVALID CONFIG YAML"
	TitleSyntax  = "ERROR WHILE PARSING YAML STRING"
)

// Result is what a check has found. Its JSON is the answer to the LOVE-frontend.
type Result struct {
	Title string `json:"title"`
	// Output is the configuration with defaults, a map[string]any, if it is valid.
	Output any `json:"output,omitempty"`
	// Error is a *YAMLError or an *InvalidError.
	Error any `json:"error,omitempty"`
}

// Valid reports whether the configuration is valid.
func (r Result) Valid() bool { return r.Title == TitleValid }

// An InvalidError says what is wrong with a value.
type InvalidError struct {
	Message    string `json:"message"`
	Path       []any  `json:"path"`        // where in the configuration: names, and numbers from 0
	SchemaPath []any  `json:"schema_path"` // where in the schema
}

// A Checker makes one check at a time, so that checks which take long leave the machine's
// other cores to others.
type Checker struct{ turn chan struct{} }

// New returns a Checker.
func New() *Checker { return &Checker{turn: make(chan struct{}, 1)} }

// waitTime is how long a check waits for its turn.
const waitTime = 5 * time.Second

// ErrBusy means that a check did not get its turn.
var ErrBusy = errors.New("other configurations are being checked")

// Check checks a configuration against a schema, after it has filled in the defaults of
// missing properties: those of the object itself, and as a whole those of an object in
// it that is missing. The error is a [*SchemaError], or [ErrBusy].
func (c *Checker) Check(config, schema string) (Result, error) {
	busy := time.NewTimer(waitTime)
	defer busy.Stop()
	select {
	case c.turn <- struct{}{}:
	case <-busy.C:
		return Result{}, ErrBusy
	}
	defer func() { <-c.turn }()
	return check(config, schema)
}

func check(configText, schemaText string) (Result, error) {
	schema, err := readSchema(schemaText)
	if err != nil {
		return Result{}, err
	}
	defaults := maps.Clone(defaultsOf(schema)) // before the schema is changed
	prepared, err := compile(schema)
	if err != nil {
		return Result{}, err
	}
	v, err := load(configText)
	if syntax, ok := errors.AsType[*YAMLError](err); ok {
		return Result{Title: TitleSyntax, Error: syntax}, nil
	}
	if v == nil {
		v = map[string]any{}
	}
	config, ok := v.(map[string]any)
	if !ok {
		return Result{Title: TitleInvalid, Error: &InvalidError{text(v) + " is not a dict", []any{}, []any{}}}, nil
	}
	for name, value := range defaults {
		if _, has := config[name]; !has {
			config[name] = value
		}
	}
	wrong, err := prepared.validate(config)
	switch {
	case err != nil:
		return Result{}, &SchemaError{"Checking the configuration against this schema takes too long."}
	case wrong != nil:
		return Result{Title: TitleInvalid, Error: explain(wrong, config, schema)}, nil
	}
	return Result{Title: TitleValid, Output: config}, nil
}

// defaultsOf returns the values of the properties that a schema gives if they are missing.
func defaultsOf(schema map[string]any) map[string]any {
	all := map[string]any{}
	for name, property := range objectAt(schema, "properties") {
		p, _ := property.(map[string]any)
		if value, has := p["default"]; has {
			all[name] = value
			continue
		}
		inner := map[string]any{}
		for member, of := range objectAt(p, "properties") {
			m, _ := of.(map[string]any)
			if value, has := m["default"]; has {
				inner[member] = value
			}
		}
		if len(inner) > 0 && p["type"] == "object" {
			all[name] = inner
		}
	}
	return all
}

func objectAt(v map[string]any, name string) map[string]any {
	o, _ := v[name].(map[string]any)
	return o
}
