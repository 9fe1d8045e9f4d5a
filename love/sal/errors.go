package sal

import (
	"errors"
	"fmt"
	"strings"
)

// ErrClosed reports the use of a domain, remote or controller that was
// closed.
var ErrClosed = errors.New("closed")

// UnknownComponentError reports a component without a definition.
type UnknownComponentError struct {
	Name string
	Near []string // similar names that exist
}

// Error implements error.
func (e *UnknownComponentError) Error() string {
	return fmt.Sprintf("there is no component %q%s", e.Name, meant(e.Near))
}

// UnknownTopicError reports a topic that the component does not have.
type UnknownTopicError struct {
	Component string
	Kind      Kind // the expected kind; 0 for any
	Name      string
	Near      []string // similar attribute names that exist
}

// Error implements error.
func (e *UnknownTopicError) Error() string {
	what := "topic"
	if e.Kind != 0 {
		what = e.Kind.String()
	}
	return fmt.Sprintf("%s has no %s %q%s", e.Component, what, e.Name, meant(e.Near))
}

// UnknownFieldError reports one or more fields that the topic does not have.
type UnknownFieldError struct {
	Topic *Topic
	Names []string // the unknown ones, sorted
}

// Error implements error.
func (e *UnknownFieldError) Error() string {
	accepts := "it has no fields"
	if own := e.Topic.Own(); len(own) > 0 {
		names := make([]string, len(own))
		for i, f := range own {
			names[i] = f.Name
		}
		accepts = "its fields are " + strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s %s has no field %s; %s", e.Topic.Component, e.Topic.Attr(), strings.Join(e.Names, ", "), accepts)
}

// FieldError reports a value that does not fit its field.
type FieldError struct {
	Topic  *Topic
	Field  Field
	Reason string
}

// Error implements error.
func (e *FieldError) Error() string {
	return fmt.Sprintf("%s %s, field %s: %s", e.Topic.Component, e.Topic.Attr(), e.Field.Name, e.Reason)
}

func meant(near []string) string {
	if len(near) == 0 {
		return ""
	}
	return "; did you mean " + strings.Join(near, " or ") + "?"
}
