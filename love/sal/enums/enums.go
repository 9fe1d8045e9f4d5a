package enums

import "fmt"

// ScriptProcessState is the state of a script's process in the ScriptQueue's event
// script (docs/protocol/sal-kafka.md#enumerations).
type ScriptProcessState int

// The states of a script's process.
const (
	ProcessUnknown         ScriptProcessState = 0
	ProcessLoading         ScriptProcessState = 1
	ProcessConfigured      ScriptProcessState = 2
	ProcessRunning         ScriptProcessState = 3
	ProcessDone            ScriptProcessState = 4
	ProcessLoadFailed      ScriptProcessState = 5
	ProcessConfigureFailed ScriptProcessState = 6
	ProcessTerminated      ScriptProcessState = 7
)

// String returns the name in capitals: "CONFIGURED".
func (s ScriptProcessState) String() string {
	names := [...]string{"UNKNOWN", "LOADING", "CONFIGURED", "RUNNING", "DONE", "LOADFAILED", "CONFIGURE_FAILED", "TERMINATED"}
	return nameOf("ScriptProcessState", names[:], 0, int(s))
}

// Valid reports whether s is one of the states.
func (s ScriptProcessState) Valid() bool { return s >= ProcessUnknown && s <= ProcessTerminated }

// Final reports whether the process has ended.
func (s ScriptProcessState) Final() bool { return s >= ProcessDone && s <= ProcessTerminated }

// ScriptState is the state of a Script in its event state
// (docs/protocol/sal-kafka.md#enumerations).
type ScriptState int

// The states of a script.
const (
	ScriptUnknown         ScriptState = 0
	ScriptUnconfigured    ScriptState = 1
	ScriptConfigured      ScriptState = 2
	ScriptRunning         ScriptState = 3
	ScriptPaused          ScriptState = 4
	ScriptEnding          ScriptState = 5
	ScriptStopping        ScriptState = 6
	ScriptFailing         ScriptState = 7
	ScriptDone            ScriptState = 8
	ScriptStopped         ScriptState = 9
	ScriptFailed          ScriptState = 10
	ScriptConfigureFailed ScriptState = 11
)

// String returns the name in capitals: "RUNNING".
func (s ScriptState) String() string {
	names := [...]string{
		"UNKNOWN", "UNCONFIGURED", "CONFIGURED", "RUNNING", "PAUSED", "ENDING", "STOPPING", "FAILING",
		"DONE", "STOPPED", "FAILED", "CONFIGURE_FAILED",
	}
	return nameOf("ScriptState", names[:], 0, int(s))
}

// Valid reports whether s is one of the states.
func (s ScriptState) Valid() bool { return s >= ScriptUnknown && s <= ScriptConfigureFailed }

// Final reports whether the script has ended.
func (s ScriptState) Final() bool { return s >= ScriptDone && s <= ScriptConfigureFailed }

// Location is the place of a script in a ScriptQueue, as given to the commands add,
// move and requeue.
type Location int

// The locations; the last two are relative to another script.
const (
	LocationFirst  Location = 1
	LocationLast   Location = 2
	LocationBefore Location = 3
	LocationAfter  Location = 4
)

// String returns the name in capitals: "FIRST".
func (l Location) String() string {
	return nameOf("Location", []string{"FIRST", "LAST", "BEFORE", "AFTER"}, 1, int(l))
}

// QueueIndex is the index of a ScriptQueue.
type QueueIndex int

// The script queues of the observatory.
const (
	QueueMainTelescope      QueueIndex = 1
	QueueAuxiliaryTelescope QueueIndex = 2
	QueueOCS                QueueIndex = 3
)

// String returns the name in capitals: "MAIN_TEL".
func (q QueueIndex) String() string {
	return nameOf("QueueIndex", []string{"MAIN_TEL", "AUX_TEL", "OCS"}, 1, int(q))
}

// AlarmSeverity is the severity of an alarm of the Watcher.
type AlarmSeverity int

// The severities, in ascending order.
const (
	AlarmNone     AlarmSeverity = 1
	AlarmWarning  AlarmSeverity = 2
	AlarmSerious  AlarmSeverity = 3
	AlarmCritical AlarmSeverity = 4
)

// String returns the name in capitals: "SERIOUS".
func (s AlarmSeverity) String() string {
	return nameOf("AlarmSeverity", []string{"NONE", "WARNING", "SERIOUS", "CRITICAL"}, 1, int(s))
}

// nameOf returns the name of a value; names[0] is the name of the value first.
func nameOf(enumeration string, names []string, first, value int) string {
	if i := value - first; i >= 0 && i < len(names) {
		return names[i]
	}
	return fmt.Sprintf("%s(%d)", enumeration, value)
}
