package love

import "time"

// Hold is a user's exclusive authority over the commands that a pattern
// selects: those of everybody else are refused.
type Hold struct {
	ID      string         `json:"id"`
	Pattern CommandPattern `json:"pattern"`
	User    string         `json:"user"`  // who holds it
	Since   time.Time      `json:"since"` // when it was taken
	Until   time.Time      `json:"until"` // when it ends by itself
}

// WaitingCommand is a command that waits for a second person's approval.
type WaitingCommand struct {
	ID      string    `json:"id"`   // that of its entry in the record, if there is one
	User    string    `json:"user"` // who gave it
	Command Command   `json:"command"`
	Since   time.Time `json:"since"` // when it was given
	Until   time.Time `json:"until"` // when it is refused if nobody has approved it
}

// Authority lists who has exclusive authority over which commands, and what waits
// for approval, as the manager's API reports it.
type Authority struct {
	Holds   []Hold           `json:"holds"`
	Waiting []WaitingCommand `json:"waiting"`
}
