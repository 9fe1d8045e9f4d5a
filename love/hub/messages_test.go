package hub_test

import (
	"encoding/json"
	"fmt"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
)

func request(option, group string) string {
	g, err := love.ParseGroup(group)
	if err != nil {
		panic(err)
	}
	return string(love.Subscription{Option: love.Option(option), Group: g}.AppendJSON(nil))
}

func decode(t testing.TB, text string) (m map[string]any) {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(text), &m), text)
	return m
}

func withOptions(group, options string) string {
	r := request("subscribe", group)
	return r[:len(r)-1] + "," + options + "}"
}

func telemetry(stream string, value any) string {
	return fmt.Sprintf(`{"category":"telemetry","data":[{"csc":"A","salindex":1,"data":{%q:%v}}]}`, stream, value)
}

func initialState(csc, index, stream string) string {
	return `{"category":"initial_state","data":[{"csc":"` + csc + `","salindex":` + index + `,"data":{"event_name":"` + stream + `"}}],"subscription":"initial_state-all-all-all"}`
}

func itoa(i int) string { return strconv.Itoa(i) }
