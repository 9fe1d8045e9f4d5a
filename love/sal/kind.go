package sal

import "strings"

// Kind distinguishes commands, events, telemetry and acknowledgements.
type Kind uint8

// The kinds of topics (docs/protocol/sal-kafka.md#words).
const (
	Command Kind = iota + 1
	Event
	Telemetry
	AckCmd
)

// String returns the kind in words: "command", "event", "telemetry", "ackcmd".
func (k Kind) String() string {
	switch k {
	case Command:
		return "command"
	case Event:
		return "event"
	case Telemetry:
		return "telemetry"
	case AckCmd:
		return ackName
	}
	return "unknown kind"
}

// Prefix returns the prefix of attribute names: "cmd_", "evt_", "tel_" or "ack_".
func (k Kind) Prefix() string {
	switch k {
	case Command:
		return "cmd_"
	case Event:
		return "evt_"
	case Telemetry:
		return "tel_"
	case AckCmd:
		return "ack_"
	}
	return ""
}

const (
	ackName       = "ackcmd"
	commandPrefix = "command_"
	eventPrefix   = "logevent_"
)

// splitSALName returns the kind and the short name of a SAL name.
func splitSALName(s string) (Kind, string) {
	if s == ackName {
		return AckCmd, s
	}
	if name, ok := strings.CutPrefix(s, commandPrefix); ok {
		return Command, name
	}
	if name, ok := strings.CutPrefix(s, eventPrefix); ok {
		return Event, name
	}
	return Telemetry, s
}
