package lovecsc_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/rubin-love/love-go/love/sal"
	"github.com/rubin-love/love-go/love/sal/sim"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// newDomain returns a domain whose definitions have the component LOVE.
func newDomain(t testing.TB) *sal.Domain {
	t.Helper()
	definitions, err := sal.Define(&sal.Component{Name: "LOVE", Topics: []*sal.Topic{
		{Kind: sal.Event, Name: "logLevel", Fields: []sal.Field{{Name: "level", Type: sal.Long}}},
		{Kind: sal.Event, Name: "heartbeat", Fields: []sal.Field{{Name: "heartbeat", Type: sal.Boolean}}},
		{Kind: sal.Event, Name: "observingLog", Fields: []sal.Field{
			{Name: "message", Type: sal.String}, {Name: "user", Type: sal.String},
		}},
	}})
	require.NoError(t, err)
	d := sal.NewDomain(sim.NewBus(), definitions)
	t.Cleanup(func() { require.NoError(t, d.Close()) })
	return d
}
