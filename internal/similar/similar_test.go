package similar_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/similar"
)

func TestSimilarNamesComeBestFirst(t *testing.T) {
	names := []string{"MTDome", "ATDome", "ATDomeTrajectory", "Watcher"}
	require.Equal(t, []string{"ATDome", "MTDome", "ATDomeTrajectory"}, similar.Names("atdom", names))
	require.Empty(t, similar.Names("Scheduler", names))
	require.Empty(t, similar.Names("", nil))
	require.Empty(t, similar.Names(strings.Repeat("a", 1000), names), "long texts are never similar")
	require.Equal(t, "; did you mean ATDome or MTDome?", similar.Question([]string{"ATDome", "MTDome"}))
	require.Empty(t, similar.Question(nil))
}
