package cli

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/client"
)

// aKnownDome is a manager that knows ATDome and MTHexapod, and has seen MTHexapod:1 and 2
// and a component without definition.
func aKnownDome() knownTopics {
	topics := map[string]client.Topic{"summaryState": {}}
	return knownTopics{
		defined: true, reported: true,
		components: map[string]client.Component{
			"ATDome":    {Events: topics, Telemetry: map[string]client.Topic{"position": {}}},
			"MTHexapod": {Indexed: true, Events: topics},
			"Script":    {Indexed: true, Events: topics},
		},
		streams: []love.StreamStats{
			{Category: "event", CSC: "MTHexapod", SalIndex: "1", Stream: "summaryState"},
			{Category: "event", CSC: "MTHexapod", SalIndex: "2", Stream: "inPosition"},
			{Category: "event", CSC: "ScriptQueueState", SalIndex: "1", Stream: "stream"},
		},
	}
}

func TestAGroupOfSomethingUnknownIsAWarning(t *testing.T) {
	k := aKnownDome()
	for group, want := range map[string]string{
		"event-ATDome-0-summaryState":      "",
		"event-ATDome-0-all":               "",
		"event-all-all-all":                "",
		"event-*-*-summaryState":           "",
		"event-MTHexapod-*-inPosition":     "",
		"event-MTHexapod-1-summaryState":   "",
		"event-ScriptQueueState-1-stream":  "",
		"event-Hub-0-commands":             "",
		"heartbeat-manager-0-stream":       "",
		"love_csc-love-0-observingLog":     "",
		"event-ATDom-0-summaryState":       `this manager neither knows nor has seen a component "ATDom"; did you mean ATDome?`,
		"event-ATDome-1-summaryState":      "ATDome has no instances: its index is 0, not 1",
		"event-MTHexapod-3-summaryState":   "this manager has seen no instance 3 of MTHexapod, only 1, 2",
		"event-MTHexapod-0-all":            "this manager has seen no instance 0 of MTHexapod, only 1, 2",
		"event-Script-7-summaryState":      "this manager has seen no instance of Script yet",
		"event-ATDome-0-sumaryState":       `this manager neither knows nor has seen event "sumaryState" of ATDome; did you mean summaryState?`,
		"telemetry-ATDome-0-summaryState":  `this manager neither knows nor has seen telemetry "summaryState" of ATDome`,
		"telemetry-*-0-positon":            `this manager neither knows nor has seen telemetry "positon" of any component; did you mean position?`,
		"events-ATDome-0-summaryState":     `this manager has seen no category "events"; did you mean event?`,
		"event-ScriptQueueState-1-streams": `this manager neither knows nor has seen event "streams" of ScriptQueueState; did you mean stream?`,
	} {
		g, err := parseGroup(group)
		require.NoError(t, err)
		require.Equal(t, want, k.groupWarning(g), group)
	}
	g, err := parseGroup("event-Script-7-summaryState")
	require.NoError(t, err)
	k.reported, k.streams = false, nil
	require.Empty(t, k.groupWarning(g), "a manager that reports nothing cannot tell which instances there are")
	require.Empty(t, knownTopics{}.groupWarning(g))
}

func TestPatternsThatDeliverNothingAreRefused(t *testing.T) {
	for group, want := range map[string]string{
		"*-ATDome-0-s":       "a category cannot be a pattern",
		"event-AT*-0-s":      "* stands for a whole component, index or stream",
		"event-all-0-s":      "elsewhere give '*', in quotes",
		"event-ATDome-all-s": "elsewhere give '*', in quotes",
		"event-*-0-all":      "elsewhere give '*', in quotes",
		"event-ATDome":       "is not a group",
	} {
		_, err := parseGroup(group)
		require.ErrorContains(t, err, want, group)
	}
	for _, group := range []string{"event-*-*-*", "event-all-all-all", "event-A-1-all", "initial_state-all-all-all", "initial_state-A-all-all"} {
		_, err := parseGroup(group)
		require.NoError(t, err)
	}
}

func TestGroupsAreCompletedPartByPart(t *testing.T) {
	k := aKnownDome()
	for prefix, want := range map[string][]string{
		"":                   {"event-", "telemetry-"},
		"event-":             {"event-ATDome-0-", "event-MTHexapod-1-", "event-MTHexapod-2-", "event-Script-", "event-ScriptQueueState-1-", "event-all-all-all"},
		"telemetry-":         {"telemetry-ATDome-0-", "telemetry-all-all-all"},
		"event-ATDome-0-":    {"event-ATDome-0-all", "event-ATDome-0-summaryState"},
		"event-ATDome-0-sum": {"event-ATDome-0-summaryState"},
		"event-MTHexapod-":   {"event-MTHexapod-1-", "event-MTHexapod-2-"},
		"event-Nothing-0-":   nil,
	} {
		require.Equal(t, want, withPrefix(prefix, k.groups(prefix)), prefix)
	}

	u := newUser(t)
	require.Empty(t, u.completions("sub", "event-"), "without a manager there is nothing to offer")
	u.startDemo()
	require.Equal(t, []string{"event-ATDome-0-summaryState"}, u.completions("sub", "event-ATDome-0-summ"))
	require.Empty(t, u.completions("sub", "event-ATDome-0-summaryState", "event-ATDome-0-summ"), "it is given already")
	require.Contains(t, u.completions("topics", "AT"), "ATDome")
	require.Equal(t, []string{"moveAzimuth"}, u.completions("topics", "ATDome", "moveA"))
	require.Contains(t, u.run("__complete", "sub", "event-ATDome").errors, "NoSpace")
	require.NotContains(t, u.run("__complete", "sub", "event-ATDome-0-summ").errors, "NoSpace")
}
