package salcommander_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/commander/salcommander"
	"github.com/rubin-love/love-go/love/sal"
	"github.com/rubin-love/love-go/love/sal/sim"
)

func TestTopicNamesHaveTheChosenCategories(t *testing.T) {
	c := salcommander.New(sal.NewDomain(sim.NewBus(), definitions(t)))
	for categories, lamp := range map[string]string{
		"":                  `{"event_names":["burning"],"telemetry_names":["light"],"command_names":["switchOff","switchOn"]}`,
		"nonsense":          `{"event_names":["burning"],"telemetry_names":["light"],"command_names":["switchOff","switchOn"]}`,
		"command-event":     `{"event_names":["burning"],"command_names":["switchOff","switchOn"]}`,
		"telemetry-unknown": `{"telemetry_names":["light"]}`,
	} {
		body, err := c.TopicNames(t.Context(), categories)
		require.NoError(t, err)
		var got map[string]json.RawMessage
		require.NoError(t, json.Unmarshal(body, &got))
		require.JSONEq(t, lamp, string(got["Lamp"]), categories)
		require.Len(t, got, 3)
	}
}

func TestTopicDataDescribesFieldsButNotPrivateOnes(t *testing.T) {
	c := salcommander.New(sal.NewDomain(sim.NewBus(), definitions(t)))
	body, err := c.TopicData(t.Context(), "command")
	require.NoError(t, err)
	var got map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(body, &got))
	require.JSONEq(t, `{"command_data":{"switchOff":{},"switchOn":{
		"power":{"name":"power","description":"How bright.","units":"W","type_name":"float","count":1},
		"serial":{"name":"serial","description":"","units":"unitless","type_name":"long long","count":1},
		"pattern":{"name":"pattern","description":"","units":"unitless","type_name":"boolean","count":3},
		"colour":{"name":"colour","description":"","units":"unitless","type_name":"short","count":1,
			"choices":[{"name":"Red","number":1},{"name":"Blue","number":2}]}}}}`, string(got["Lamp"]))
	require.JSONEq(t, `{"command_data":{"move":{"salIndex":{"name":"salIndex","description":"SAL index (only present for indexed SAL components)",
		"units":"unitless","type_name":"long","count":1}}}}`, string(got["Hexapod"]))

	again, err := c.TopicData(t.Context(), "command-")
	require.NoError(t, err)
	require.Same(t, &body[0], &again[0], "encoded once")
}
