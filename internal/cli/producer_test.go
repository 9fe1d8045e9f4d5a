package cli

import (
	"maps"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestProducerSaysWhatIsWrongWithItsSettings(t *testing.T) {
	base := environment{"HOME": t.TempDir(), "PROCESS_CONNECTION_PASS": "secret", "LOVED_MANAGER": "http://127.0.0.1:1", "LOVED_SAL": "sim"}
	for name, c := range map[string]struct {
		env  environment
		args []string
		want string
	}{
		"no number of finished scripts": {environment{"FINISHED_SCRIPTS_LIST_SIZE": "ten"}, []string{"ATDome"}, "FINISHED_SCRIPTS_LIST_SIZE"},
		"no layout":                     {nil, []string{"--scriptqueue-layout", "double", "ATDome"}, "split, single, both"},
		"instances of nothing":          {nil, []string{"--index", "ESS:301", "ATDome"}, "all"},
		"an instance without index":     {nil, []string{"--index", "ESS", "all"}, "MTHexapod:1"},
		"no time":                       {nil, []string{"--push-telemetry", "often", "ATDome"}, "--push-telemetry"},
	} {
		t.Run(name, func(t *testing.T) {
			u := &user{t, maps.Clone(base)}
			maps.Copy(u.env, c.env)
			got := u.types(append([]string{"producer"}, c.args...)...)
			require.Equal(t, exitUsage, got.code, got.errors)
			require.Contains(t, got.errors, c.want)
		})
	}
}

func TestAllComponentsCanBePublished(t *testing.T) {
	u := newUser(t)
	_, url := u.startsManager()
	sub := u.subscribes("telemetry-all-all-all")
	producer := u.starts("producer", "--manager", url, "--sal", "sim", "--push-telemetry", "100ms", "--index", "ESS:301", "all")
	producer.says(`publishing .*ATDome.*MTMount.*ESS:301 to `)
	sub.says(`"csc":"ESS"`)
	require.Equal(t, exitDone, producer.stops())
}
