package enums_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/sal"
	"github.com/rubin-love/love-go/love/sal/enums"
)

func Example() {
	// A sample of the Script's event state has the number.
	defs, err := sal.Define(&sal.Component{Name: "Script", Indexed: true, Topics: []*sal.Topic{
		{Kind: sal.Event, Name: "state", Fields: []sal.Field{{Name: "state", Type: sal.Int}}},
	}})
	if err != nil {
		panic(err)
	}
	script, _ := defs.Component("Script")
	topic, _ := script.Topic("evt_state")
	sample, err := sal.NewSample(topic, sal.Values{"state": enums.ScriptPaused})
	if err != nil {
		panic(err)
	}
	state := enums.ScriptState(sample.Int("state"))
	fmt.Println(state, state == enums.ScriptPaused, state.Final())
	// Output: PAUSED true false
}

func TestEnumerationsPrintTheirNames(t *testing.T) {
	for want, v := range map[string]fmt.Stringer{
		"LOADING": enums.ProcessLoading, "CONFIGURE_FAILED": enums.ProcessConfigureFailed, "ScriptProcessState(8)": enums.ScriptProcessState(8),
		"PAUSED": enums.ScriptPaused, "ScriptState(-1)": enums.ScriptState(-1), "BEFORE": enums.LocationBefore, "Location(0)": enums.Location(0),
		"AUX_TEL": enums.QueueAuxiliaryTelescope, "QueueIndex(4)": enums.QueueIndex(4), "SERIOUS": enums.AlarmSerious, "AlarmSeverity(0)": enums.AlarmSeverity(0),
	} {
		require.Equal(t, want, v.String())
	}
	require.True(t, enums.ProcessUnknown.Valid())
	require.False(t, enums.ScriptProcessState(8).Valid())
	require.True(t, enums.ScriptConfigureFailed.Valid())
	require.False(t, enums.ScriptState(12).Valid())
	require.True(t, enums.ProcessTerminated.Final())
	require.False(t, enums.ProcessRunning.Final())
	require.True(t, enums.ScriptStopped.Final())
	require.False(t, enums.ScriptFailing.Final())
}
