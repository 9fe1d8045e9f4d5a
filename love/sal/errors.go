package sal

import (
	"errors"
	"fmt"
	"strings"

	"github.com/rubin-love/love-go/internal/similar"
)

var (
	// ErrClosed reports the use of a domain, remote or controller that was closed.
	ErrClosed = errors.New("closed")
	// ErrTimeout reports that a command was not finished in time. It is wrapped in an
	// [*AckError] with the last acknowledgement seen.
	ErrTimeout = errors.New("timed out")

	// ErrName reports a text that is neither a name nor name:index.
	ErrName = errors.New("not a component name")
	// ErrWildcard reports name:*, which some callers take for all instances.
	ErrWildcard = errors.New("wildcard in place of an index")
	// ErrIndex reports an index that no instance of the component can have.
	ErrIndex = errors.New("wrong index")
)

// NotWrittenError reports a sample that certainly did not reach the bus.
type NotWrittenError struct {
	Topic    *Topic
	TooLarge bool // larger than the bus takes: it would be refused again
	Err      error
}

// Error implements error.
func (e *NotWrittenError) Error() string {
	return fmt.Sprintf("%s %s was not written: %v", e.Topic.Component, e.Topic.Attr(), e.Err)
}

// Unwrap returns the cause.
func (e *NotWrittenError) Unwrap() error { return e.Err }

// UnknownComponentError reports a component without a definition.
type UnknownComponentError struct {
	Name        string
	Suggestions []string // similar names that exist
}

// Error implements error.
func (e *UnknownComponentError) Error() string {
	return fmt.Sprintf("there is no component %q%s", e.Name, similar.Question(e.Suggestions))
}

// UnknownTopicError reports a topic that the component does not have.
type UnknownTopicError struct {
	Component   string
	Kind        Kind // the expected kind; 0 for any
	Name        string
	Suggestions []string // similar attribute names that exist
}

// Error implements error.
func (e *UnknownTopicError) Error() string {
	what := "topic"
	if e.Kind != 0 {
		what = e.Kind.String()
	}
	return fmt.Sprintf("%s has no %s %q%s", e.Component, what, e.Name, similar.Question(e.Suggestions))
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
	Reason string // "takes a number (double), not \"north\""
}

// Error implements error.
func (e *FieldError) Error() string {
	return fmt.Sprintf("%s %s, field %s: %s", e.Topic.Component, e.Topic.Attr(), e.Field.Name, e.Reason)
}
