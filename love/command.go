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
	// Code is the code of the component's acknowledgement (spec sal-kafka,
	// section 12: 303 is complete, -302 failed); 0 if none came, or if the
	// commander does not report it, like the Python one.
	Code int `json:"code,omitempty"`
	// Error is the component's own error number; 0 if none.
	Error int `json:"error,omitempty"`
}

// Done is the text of an [Ack] that reports success.
const Done = "Done"

// Progress is an acknowledgement that does not end its command: the component
// has seen it, or works on it.
type Progress struct {
	Code    int     `json:"code"` // 300 or 301
	Name    string  `json:"name"` // "CMD_INPROGRESS"
	Result  string  `json:"result,omitempty"`
	Timeout float64 `json:"timeout,omitempty"` // about how much longer it takes, seconds
}

// ProgressType is the content type of an answer that reports the progress of a
// command: one [AnswerLine] per line, the last one with the status. A client
// asks for it in the header Accept; even then a command without progress is
// answered in one piece.
const ProgressType = "application/x-ndjson"

// AnswerLine is one line of an answer of type [ProgressType]: either progress,
// or the HTTP status and body that an answer in one piece would have had.
type AnswerLine struct {
	Progress *Progress       `json:"progress,omitempty"`
	Status   int             `json:"status,omitempty"`
	Body     json.RawMessage `json:"body,omitempty"`
}
