package producer_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// fix replaces what the Python producer did with our behaviour
// (docs/protocol/producer.md#differences-from-the-python-producer).
func (tr *recording) fix(t *testing.T, name string) {
	if tr.Conformance == "normative" {
		return
	}
	switch tr.Quirk {
	case "P-META":
		tr.rewrite(t, func(m map[string]any) {
			for member := range m {
				if member != "category" && member != "data" && member != "producer_snd" {
					delete(m, member)
				}
			}
		})
		return
	case "P-SHAPE", "B-CAT":
		tr.rewrite(t, tr.reshape)
		return
	}
	if tr.ignoreState = !tr.ours || fixedStates[name] == nil; tr.ignoreState {
		return // the tables below are about our recordings, step by step
	}
	for i, states := range fixedStates[name] {
		tr.Steps[i].states = states
	}
	for i, commands := range fixedCommands[name] {
		tr.Steps[i].commanded = commands
	}
}

func (tr *recording) rewrite(t *testing.T, f func(map[string]any)) {
	for i := range tr.Steps {
		for n, e := range tr.Steps[i].Expect {
			m := decode(t, string(e)).(map[string]any)
			if m["option"] == nil {
				f(m)
			}
			var err error
			tr.Steps[i].Expect[n], err = json.Marshal(m)
			require.NoError(t, err)
		}
	}
}

// reshape gives events a list and the category event, and telemetry an object and
// the category telemetry.
func (tr *recording) reshape(m map[string]any) {
	item := m["data"].([]any)[0].(map[string]any)
	streams := item["data"].(map[string]any)
	for name, value := range streams {
		topics := tr.Interface[item["csc"].(string)].Topics
		_, event := topics["evt_"+name]
		_, telemetry := topics["tel_"+name]
		list, isList := value.([]any)
		switch {
		case event && !isList:
			streams[name] = []any{value}
		case telemetry && !event && isList:
			streams[name] = list[0]
		}
		if event {
			m["category"] = "event"
		} else if telemetry {
			m["category"] = "telemetry"
		}
	}
}

// summary returns in short what a message says about the state of a queue; also
// for logs of scripts, which the Python producer may drop, and for schemas if
// the quirk is about asking for them.
func (tr *recording) summary(t *testing.T, m message) (text string, ok bool) {
	script, isLog := strings.CutPrefix(m.stream, "event Script ")
	switch {
	case isLog:
		return fmt.Sprintf("@%.2f %s of %s", m.at, strings.Fields(script)[1], strings.Fields(script)[0]), true
	case tr.Quirk == "Q-CANCEL" && strings.HasSuffix(m.stream, " configSchema"):
		return fmt.Sprintf("@%.2f a schema", m.at), true
	case !strings.HasPrefix(m.stream, "event ScriptQueueState "):
		return "", false
	}
	body, err := json.Marshal(m.body)
	require.NoError(t, err)
	type entry struct{ Index, Path, Process_state, Script_state, Last_checkpoint string }
	var content struct {
		Data []struct {
			Data struct {
				StateStream            *struct{ Enabled, Running bool }
				ScriptsStream          *struct{ Current_scripts, Waiting_scripts, Finished_scripts []entry }
				AvailableScriptsStream *struct {
					Available_scripts []struct{ Type, Path, ConfigSchema string }
				}
			}
		}
	}
	require.NoError(t, json.Unmarshal(body, &content), string(body))
	var b bytes.Buffer
	d := content.Data[0].Data
	fmt.Fprintf(&b, "@%.2f", m.at)
	switch {
	case d.StateStream != nil:
		fmt.Fprintf(&b, " enabled %v running %v", d.StateStream.Enabled, d.StateStream.Running)
	case d.ScriptsStream != nil:
		for i, entries := range [][]entry{d.ScriptsStream.Current_scripts, d.ScriptsStream.Waiting_scripts, d.ScriptsStream.Finished_scripts} {
			fmt.Fprint(&b, " ", []string{"current", "waiting", "finished"}[i], ":")
			for _, e := range entries {
				fmt.Fprint(&b, " ", strings.TrimSpace(fmt.Sprint(strings.TrimPrefix(e.Index, "number "), " ", e.Path, " ", e.Process_state, " ", e.Script_state, " ", e.Last_checkpoint)), ",")
			}
		}
	case d.AvailableScriptsStream != nil:
		for _, a := range d.AvailableScriptsStream.Available_scripts {
			fmt.Fprintf(&b, " %s %s %q,", a.Type, a.Path, a.ConfigSchema)
		}
	}
	return b.String(), true
}

const (
	enabledRunning = "@0.75 enabled true running true"
	nothingThere   = "@0.75 current: waiting: finished:"
)

// fixedStates lists what must be sent of the state of the queue, by recording and
// step, where the Python producer sends something else or nothing.
var fixedStates = map[string]map[int][]string{
	"sq_quirk_delete_missing": { // Q-DEL
		4: {"@0.75 logMessage of 100001"}, // Q-MUTE
		5: {enabledRunning, nothingThere},
	},
	"sq_quirk_script_after_removal": { // Q-DEL
		6: {enabledRunning, "@0.75 current: 1 one.py CONFIGURED CONFIGURED, waiting: finished:"},
	},
	"sq_quirk_bad_enum": { // Q-ENUM
		3: {"@0.75 current: waiting: 1 two.py UNKNOWN CONFIGURED, finished:"},
		4: {"@0.75 current: waiting: 1 three.py RUNNING UNKNOWN, finished:"},
		6: {"@0.75 current: waiting: 1 four.py RUNNING UNKNOWN cp, finished:"},
	},
	"sq_quirk_available_never_removed": { // Q-AVAIL
		1: {`@0.75 standard a.py "", standard b.py "",`},
		2: {`@0.75 standard b.py "", external x.py "",`},
	},
	"sq_quirk_schema_cancel": { // Q-CANCEL
		3: {`@0.90 standard a.py "schema of standard/a.py", standard b.py "", standard c.py "", external x.py "",`},
		4: {"@0.96 a schema", "@1.00 a schema", "@1.11 a schema", "@1.22 a schema", "@1.33 a schema",
			`@1.34 standard a.py "schema of standard/a.py", standard b.py "schema of standard/b.py", standard c.py "schema of standard/c.py", external x.py "schema of external/x.py",`},
	},
}

// fixedCommands lists the same for commands.
var fixedCommands = map[string]map[int][]string{
	"sq_quirk_schema_cancel": {
		3: {"@0.90 showSchema true a.py"},
		4: {"@1.01 showSchema true b.py", "@1.12 showSchema true c.py", "@1.23 showSchema false x.py"},
	},
}
