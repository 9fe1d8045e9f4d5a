package cli

import (
	"maps"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestProducerReportsWhatIsWrongWithItsSettings(t *testing.T) {
	base := environment{"HOME": t.TempDir(), "PROCESS_CONNECTION_PASS": "secret", "LOVED_MANAGER": "http://127.0.0.1:1", "LOVED_SAL": "sim"}
	for name, c := range map[string]struct {
		env  environment
		args []string
		want string
	}{
		"wrong number of finished scripts": {environment{"FINISHED_SCRIPTS_LIST_SIZE": "ten"}, []string{"ATDome"}, "FINISHED_SCRIPTS_LIST_SIZE"},
		"wrong layout":                     {nil, []string{"--scriptqueue-layout", "double", "ATDome"}, "split, single, both"},
		"instances of nothing":             {nil, []string{"--index", "ESS:301", "ATDome"}, "all"},
		"an instance without index":        {nil, []string{"--index", "ESS", "all"}, "MTHexapod:1"},
		"not a time":                       {nil, []string{"--push-telemetry", "often", "ATDome"}, "--push-telemetry"},
	} {
		t.Run(name, func(t *testing.T) {
			u := &user{t, maps.Clone(base)}
			maps.Copy(u.env, c.env)
			got := u.run(append([]string{"producer"}, c.args...)...)
			require.Equal(t, exitUsage, got.code, got.errors)
			require.Contains(t, got.errors, c.want)
		})
	}
}

func TestAllComponentsCanBePublished(t *testing.T) {
	u := newUser(t)
	_, url := u.startManager()
	sub := u.subscribe("telemetry-all-all-all")
	producer := u.start("producer", "--manager", url, "--sal", "sim", "--push-telemetry", "100ms", "--index", "ESS:301", "all")
	producer.waitFor(`publishing .*ATDome.*MTMount.*ESS:301 to `)
	sub.waitFor(`"csc":"ESS"`)
	require.Equal(t, exitDone, producer.stop())
}
