package producer_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/lovetest"
	"github.com/rubin-love/love-go/love/producer"
	"github.com/rubin-love/love-go/love/sal"
)

func newBuilder() *producer.Message {
	return producer.NewMessage("ATDome", lovetest.NewClock(time.UnixMilli(1700000000750)))
}

func TestSubscriptionMessages(t *testing.T) {
	const form = `{"option":"subscribe","category":"initial_state","csc":%q,"salindex":"all","stream":"all","producer_snd":1700000000.75}`
	m := newBuilder()
	require.NoError(t, m.AddMetadata("ignored", 1))
	require.JSONEq(t, fmt.Sprintf(form, "ATDome"), string(m.InitialState()))
	require.JSONEq(t, fmt.Sprintf(form, "all"), string(m.InitialStateAll()))
	require.JSONEq(t, fmt.Sprintf(form, "Script"), string(m.InitialStateFor("Script")))
}

func TestDataMessagesCarryTheirItemAsItIs(t *testing.T) {
	require.Equal(t,
		`{"category":"event","data":[{"x": NaN}],"producer_snd":1700000000.75}`,
		string(newBuilder().Data(love.CategoryEvent, love.RawValue(`{"x": NaN}`)).JSON))
}

func TestLaterMetadataReplacesEarlier(t *testing.T) {
	m := newBuilder()
	require.NoError(t, m.AddMetadata("salindex", 1))
	require.NoError(t, m.AddMetadata("extra", []string{"a", "b"}))
	require.NoError(t, m.AddMetadata("salindex", 3))
	require.JSONEq(t,
		`{"category":"telemetry","data":[{"k":1}],"producer_snd":1700000000.75,"salindex":3,"extra":["a","b"]}`,
		string(m.Data(love.CategoryTelemetry, love.RawValue(`{"k":1}`)).JSON))
	require.ErrorContains(t, m.AddMetadata("bad", make(chan int)), `"bad"`)
}

func TestDataTypeFollowsTheDefinition(t *testing.T) {
	integers := []sal.Type{sal.Boolean, sal.Byte, sal.Short, sal.Int, sal.Long, sal.LongLong, sal.UnsignedShort, sal.UnsignedInt}
	for _, typ := range integers {
		require.Equal(t, "Int", producer.DataType(sal.Field{Type: typ, Count: 1}), typ)
		require.Equal(t, "Array<Int>", producer.DataType(sal.Field{Type: typ, Count: 3}), typ)
	}
	for _, typ := range []sal.Type{sal.Float, sal.Double} {
		require.Equal(t, "Float", producer.DataType(sal.Field{Type: typ, Count: 1}), typ)
		require.Equal(t, "Array<Float>", producer.DataType(sal.Field{Type: typ, Count: 3}), typ)
	}
	require.Equal(t, "String", producer.DataType(sal.Field{Type: sal.String, Count: 3}))
}
