package cli

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestVariablesOfScriptQueuesBecomeOptions(t *testing.T) { // Q-LIMIT
	for _, test := range []struct {
		size, update string
		options      int
		refused      bool
	}{
		{"", "", 0, false}, {"0", "", 1, false}, {" 25 ", "TRUE", 2, false}, {"", "1", 1, false}, {"", "no", 1, false},
		{"-1", "", 0, true}, {"ten", "", 0, true},
	} {
		opts, err := scriptQueueOptions(func(name string) (string, bool) {
			value := map[string]string{"FINISHED_SCRIPTS_LIST_SIZE": test.size, "UPDATE_SCRIPTS_SCHEMA_ON_START": test.update}[name]
			return value, value != ""
		})
		require.Len(t, opts, test.options, test)
		require.Equal(t, test.refused, err != nil, test)
	}
}
