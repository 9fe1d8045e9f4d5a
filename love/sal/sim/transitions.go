package sim

import (
	"context"
	"fmt"
	"slices"

	"github.com/rubin-love/love-go/love/sal"
)

// transition is a command that changes the summary state.
type transition struct {
	name string
	from []sal.SummaryState
	to   sal.SummaryState
}

// transitions is the table of docs/protocol/sal-kafka.md#component-states.
var transitions = [...]transition{
	{"start", []sal.SummaryState{sal.Standby}, sal.Disabled},
	{"enable", []sal.SummaryState{sal.Disabled}, sal.Enabled},
	{"disable", []sal.SummaryState{sal.Enabled}, sal.Disabled},
	{"standby", []sal.SummaryState{sal.Disabled, sal.Fault}, sal.Standby},
	{"exitControl", []sal.SummaryState{sal.Standby}, sal.Offline},
}

// pathTo lists the commands that lead from STANDBY to a state; ok is false for
// a state in which no component starts.
func pathTo(s sal.SummaryState) (commands []string, ok bool) {
	switch s {
	case sal.Standby:
		return nil, true
	case sal.Disabled:
		return []string{"start"}, true
	case sal.Enabled:
		return []string{"start", "enable"}, true
	}
	return nil, false
}

// stateCommands returns the commands that every component has.
func (c *csc) stateCommands() map[string]command {
	commands := map[string]command{"setLogLevel": func(ctx context.Context, s *sal.Sample) error {
		c.records.SetLevel(int(s.Int("level")))
		c.write(ctx, "evt_logLevel", sal.Values{"level": s.Int("level"), "subsystem": s.Text("subsystem")})
		return nil
	}}
	for _, t := range transitions {
		commands[t.name] = func(ctx context.Context, s *sal.Sample) error { return c.change(ctx, t, s) }
	}
	return commands
}

func (c *csc) change(ctx context.Context, t transition, s *sal.Sample) error {
	if !slices.Contains(t.from, c.state) {
		return fmt.Errorf("%s not allowed in state %s", t.name, pythonState(c.state))
	}
	if t.name == "start" {
		if err := c.configure(ctx, s); err != nil {
			return err
		}
	}
	was := c.state
	c.state = t.to
	c.writeSummaryState(ctx)
	c.enabled = c.domain.Clock().Now()
	if (was == sal.Enabled) != (t.to == sal.Enabled) {
		c.device.enable(ctx, t.to == sal.Enabled)
	}
	c.offline = t.to == sal.Offline
	return nil
}

// writeSummaryState writes the state, and outside of FAULT that there is no error.
func (c *csc) writeSummaryState(ctx context.Context) {
	c.write(ctx, "evt_summaryState", sal.Values{"summaryState": c.state})
	if c.state != sal.Fault {
		c.write(ctx, "evt_errorCode", sal.Values{"errorCode": 0, "errorReport": "", "traceback": ""})
	}
}

// refusal is the reason why a command is refused, in the words of the
// observatory's components.
type refusal string

func (r refusal) Error() string { return string(r) }

// pythonState returns a state as in the texts of the observatory's components, which
// operators know (docs/protocol/sal-kafka.md#differences-from-salobj).
func pythonState(s sal.SummaryState) string { return fmt.Sprintf("<State.%v: %d>", s, int(s)) }
