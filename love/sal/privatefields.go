package sal

const unitless = "unitless"

// fieldIndex is the only private field that may be set: with it a writer for all
// instances names one of them.
const fieldIndex = "salIndex"

// The positions of the private fields in a sample of a topic without index; with
// an index they are one later.
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

// allPrivate lists the fields that every topic has in front of its own
// (docs/protocol/sal-kafka.md#private-fields). Their descriptions must not change,
// because they are part of the schema on the bus and so of the revision code.
var allPrivate = [...]Field{
	{Name: "salIndex", Type: Long, Count: 1, Units: unitless, Description: "SAL index (only present for indexed SAL components)"},
	{Name: "private_sndStamp", Type: Double, Count: 1, Units: "second", Description: "Time of instance publication"},
	{Name: "private_rcvStamp", Type: Double, Count: 1, Units: "second", Description: "Time of instance reception"},
	{Name: "private_efdStamp", Type: Double, Count: 1, Units: "second", Description: "UTC time for EFD timestamp. An integer (the number of leap seconds) different from private_sndStamp."},
	{Name: "private_kafkaStamp", Type: Double, Count: 1, Units: "second", Description: "TAI time at which the Kafka message was created."},
	{Name: "private_seqNum", Type: Long, Count: 1, Units: unitless, Description: "Sequence number"},
	{Name: "private_revCode", Type: String, Count: 1, Units: unitless, Description: "Revision hashcode"},
	{Name: "private_identity", Type: String, Count: 1, Units: unitless, Description: "Identity of publisher: SAL component name for a CSC or user@host for a user"},
	{Name: "private_origin", Type: Long, Count: 1, Units: unitless, Description: "Process ID of publisher"},
}

// privateFields returns the private fields of a component, with salIndex only if it
// is indexed. The caller must copy them.
func privateFields(indexed bool) []Field {
	if indexed {
		return allPrivate[:]
	}
	return allPrivate[1:]
}

// ackTopic returns the acknowledgement topic that every component has.
func ackTopic() *Topic {
	return &Topic{Kind: AckCmd, Name: ackName, Description: "Command acknowledgement", Fields: []Field{
		{Name: "ack", Type: Long, Count: 1, Units: unitless, Description: "Acknowledgement code"},
		{Name: "error", Type: Long, Count: 1, Units: unitless, Description: "An error code; only relevant if ack=FAILED"},
		{Name: "result", Type: String, Count: 1, Units: unitless, Description: "Message"},
		{Name: "identity", Type: String, Count: 1, Units: unitless, Description: "private_identity field of the command being acknowledged"},
		{Name: "origin", Type: Long, Count: 1, Units: unitless, Description: "private_origin field of the command being acknowledged"},
		{Name: "cmdtype", Type: Long, Count: 1, Units: unitless, Description: "Index of command in alphabetical list of commands, with 0 being the first"},
		{Name: "timeout", Type: Double, Count: 1, Units: "second", Description: "Estimated remaining duration of command; only relevant if ack=INPROGRESS"},
	}}
}
