package sal

import "fmt"

// SummaryState is the state of a CSC, a component that follows the standard states,
// in its event summaryState (docs/protocol/sal-kafka.md#component-states).
type SummaryState int

// The states.
const (
	Disabled SummaryState = 1
	Enabled  SummaryState = 2
	Fault    SummaryState = 3
	Offline  SummaryState = 4
	Standby  SummaryState = 5
)

// String returns the name in capitals: "ENABLED".
func (s SummaryState) String() string {
	switch s {
	case Disabled:
		return "DISABLED"
	case Enabled:
		return "ENABLED"
	case Fault:
		return "FAULT"
	case Offline:
		return "OFFLINE"
	case Standby:
		return "STANDBY"
	}
	return fmt.Sprintf("SummaryState(%d)", int(s))
}
