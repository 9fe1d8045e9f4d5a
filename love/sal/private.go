package sal

import "slices"

const unitless = "unitless"

// fieldIndex is the one private field that may be set: a writer for all
// instances says with it which one is meant.
const fieldIndex = "salIndex"

// Where the private fields stand in a sample of a topic without index; with
// index one later.
const (
	atSent = iota
	atReceived
	atEFD
	atKafka
	atNumber
	atRevision
	atIdentity
	atOrigin
)

// allPrivate are the fields that every topic has in front of its own (spec
// sal-kafka, section 2.6). Their descriptions are part of the schema on the bus
// and so of the revision code: they have to be these, byte for byte.
var allPrivate = [...]Field{
	{"salIndex", Long, 1, unitless, "SAL index (only present for indexed SAL components)"},
	{"private_sndStamp", Double, 1, "second", "Time of instance publication"},
	{"private_rcvStamp", Double, 1, "second", "Time of instance reception"},
	{"private_efdStamp", Double, 1, "second", "UTC time for EFD timestamp. An integer (the number of leap seconds) different from private_sndStamp."},
	{"private_kafkaStamp", Double, 1, "second", "TAI time at which the Kafka message was created."},
	{"private_seqNum", Long, 1, unitless, "Sequence number"},
	{"private_revCode", String, 1, unitless, "Revision hashcode"},
	{"private_identity", String, 1, unitless, "Identity of publisher: SAL component name for a CSC or user@host for a user"},
	{"private_origin", Long, 1, unitless, "Process ID of publisher"},
}

// privateFields are those of a component: salIndex only if it is indexed.
func privateFields(indexed bool) []Field {
	if indexed {
		return slices.Clone(allPrivate[:])
	}
	return slices.Clone(allPrivate[1:])
}

// ackTopic is the acknowledgement topic that every component has.
func ackTopic() *Topic {
	return &Topic{Kind: AckCmd, Name: ackName, Description: "Command acknowledgement", Fields: []Field{
		{"ack", Long, 1, unitless, "Acknowledgement code"},
		{"error", Long, 1, unitless, "An error code; only relevant if ack=FAILED"},
		{"result", String, 1, unitless, "Message"},
		{"identity", String, 1, unitless, "private_identity field of the command being acknowledged"},
		{"origin", Long, 1, unitless, "private_origin field of the command being acknowledged"},
		{"cmdtype", Long, 1, unitless, "Index of command in alphabetical list of commands, with 0 being the first"},
		{"timeout", Double, 1, "second", "Estimated remaining duration of command; only relevant if ack=INPROGRESS"},
	}}
}
