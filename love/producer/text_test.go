package producer_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/producer"
)

// A manager closes the connection on such a message, and on each of its repetitions.
func TestWhatIsNotUTF8IsNeverPublished(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out recorder
		b := producer.NewBase("Rack")
		values := []any{complete(object{"v": "a\xffb"}), love.RawValue("{\"v\":\"a\xff\"}"), complete(object{"v": "\ufffd"})}
		b.RegisterPeriodic(love.CategoryTelemetry, func(context.Context) (any, error) {
			v := values[0]
			values = values[1:]
			return v, nil
		})
		stop := start(t, b, &out)
		for _, bad := range []any{
			object{"name": "a\xff"}, object{"a\xff": 1}, struct{ Doors []string }{[]string{"a\xff"}}, love.RawValue("{\"a\xff\":1}"), love.RawValue("{\"a\":[\"\xed\xa0\x80\"]}"),
		} {
			require.ErrorContains(t, b.Publish(t.Context(), bad), "UTF-8", "%q", bad)
		}
		const escaped = `{"csc":"Rack","salindex":0,"data":{"s":"\ud800"}}`
		require.NoError(t, b.Publish(t.Context(), love.RawValue(escaped)), "bytes pass as they are")
		time.Sleep(6 * time.Second)
		synctest.Wait()
		stop()
		require.Equal(t, []string{"event " + escaped, itemOf(t, "telemetry", object{"v": "\ufffd"})}, items(t, out.take()))
	})
	m := producer.NewMessage("Rack", love.SystemClock{})
	require.ErrorContains(t, m.AddMetadata("room", "a\xff"), "UTF-8")
	require.ErrorContains(t, m.AddMetadata("a\xff", "room"), "UTF-8")
	var transport fakeTransport
	c := producer.NewClient(&transport)
	require.ErrorContains(t, c.Send(t.Context(), producer.Data{JSON: []byte("{\"a\":\"\xff\"}")}), "UTF-8")
	require.NoError(t, transport.connect(t.Context()))
	require.NotContains(t, strings.Join(transport.texts(), ""), "\xff", "nor later")
}
