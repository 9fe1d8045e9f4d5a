package love

import "encoding/json"

// Command is a command to a component, as the frontend posts it to the manager
// and the manager to the commander (manager protocol, sections 4.5 and 11).
type Command struct {
	CSC      string `json:"csc"`
	SalIndex int    `json:"salindex"`
	Name     string `json:"cmd"` // with its prefix: "cmd_moveAzimuth"
	// Params is the JSON object of parameters by name; none if empty.
	Params json.RawMessage `json:"params"`
	// Identity is who commands, "user@host"; the manager stamps it.
	Identity string `json:"identity,omitempty"`
}

// Ack is the answer to a command, for the caller to read. Text "Done" alone
// means success.
type Ack struct {
	Text string `json:"ack"`
}

// Done is the text of an [Ack] that reports success.
const Done = "Done"
