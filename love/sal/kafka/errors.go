package kafka

import (
	"errors"
	"fmt"

	"github.com/rubin-love/love-go/love/sal"
)

// ErrClosed is returned by calls on a closed bus.
var ErrClosed = errors.New("the SAL bus is closed")

// ErrSimulated is returned by [NewBus] for the definitions of a simulation.
var ErrSimulated = errors.New("these are the definitions of simulated components, which must not reach a real schema registry: give the folder of the observatory's SAL interfaces")

// DeliveryError reports a sample that left, but was not confirmed by the brokers. It may
// have been written. What certainly was not is a [*sal.NotWrittenError].
type DeliveryError struct {
	Topic *sal.Topic
	Err   error
}

// Error implements error.
func (e *DeliveryError) Error() string {
	return fmt.Sprintf("%s %s was sent, but the Kafka brokers did not confirm it, so it may have been written: %v", e.Topic.Component, e.Topic.Attr(), e.Err)
}

// Unwrap returns the cause.
func (e *DeliveryError) Unwrap() error { return e.Err }

// SchemaError reports a schema that the registry refuses.
type SchemaError struct {
	Subject string
	// Incompatible is set if the schema is not compatible with earlier versions.
	Incompatible bool
	Err          error
}

// Error implements error.
func (e *SchemaError) Error() string {
	if e.Incompatible {
		return fmt.Sprintf("the schema registry refuses the schema of %s because it is not compatible with the registered version; are these the observatory's SAL interfaces? %v", e.Subject, e.Err)
	}
	return fmt.Sprintf("the schema registry refuses the schema of %s: %v", e.Subject, e.Err)
}

// Unwrap returns the cause.
func (e *SchemaError) Unwrap() error { return e.Err }

// TopicError reports a topic that cannot be created or used.
type TopicError struct {
	Name string // at the brokers
	Err  error
}

// Error implements error.
func (e *TopicError) Error() string {
	return fmt.Sprintf("the Kafka topic %s cannot be created or used: %v", e.Name, e.Err)
}

// Unwrap returns the cause.
func (e *TopicError) Unwrap() error { return e.Err }
