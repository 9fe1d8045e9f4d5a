package loglimit_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func decode(t *testing.T, line string) map[string]any {
	var v map[string]any
	require.NoError(t, json.Unmarshal([]byte(line), &v))
	return v
}
