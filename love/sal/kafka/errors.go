package kafka

import (
	"errors"
	"fmt"

	"github.com/rubin-love/love-go/love/sal"
)

// ErrClosed is what calls on a closed bus return.
var ErrClosed = errors.New("the SAL bus is closed")

// ErrSimulated is what [NewBus] returns for the definitions of a simulation.
var ErrSimulated = errors.New("these are the definitions of simulated components, which must not reach a real schema registry: give the folder of the observatory's SAL interfaces")

// DeliveryError is a sample that the brokers did not take. Whether it was
// written nevertheless is not known if the brokers fell silent.
type DeliveryError struct {
	Topic *sal.Topic
	Err   error
}

// Error implements error.
func (e *DeliveryError) Error() string {
	return fmt.Sprintf("%s %s was not delivered to the Kafka brokers: %v", e.Topic.Component, e.Topic.Attr(), e.Err)
}

// Unwrap is the cause.
func (e *DeliveryError) Unwrap() error { return e.Err }

// SchemaError is a schema that the registry refuses.
type SchemaError struct {
	Subject string
	// Incompatible tells that readers of the version before could not read it.
	Incompatible bool
	Err          error
}

// Error implements error.
func (e *SchemaError) Error() string {
	if e.Incompatible {
		return fmt.Sprintf("the schema registry refuses the schema of %s because it is not compatible with the version that it has; are these the observatory's SAL interfaces? %v", e.Subject, e.Err)
	}
	return fmt.Sprintf("the schema registry refuses the schema of %s: %v", e.Subject, e.Err)
}

// Unwrap is the cause.
func (e *SchemaError) Unwrap() error { return e.Err }

// TopicError is a topic that the brokers do not make or do not let be used.
type TopicError struct {
	Name string // at the brokers
	Err  error
}

// Error implements error.
func (e *TopicError) Error() string {
	return fmt.Sprintf("the Kafka topic %s cannot be made or used: %v", e.Name, e.Err)
}

// Unwrap is the cause.
func (e *TopicError) Unwrap() error { return e.Err }
