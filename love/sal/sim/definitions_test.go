package sim_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/sal"
	"github.com/rubin-love/love-go/love/sal/salxml"
	"github.com/rubin-love/love-go/love/sal/sim"
)

func TestAllDefinitionsAreComplete(t *testing.T) {
	defs := sim.Definitions()
	require.True(t, defs.Simulated())
	for _, name := range defs.Names() {
		c, err := defs.Component(name)
		require.NoError(t, err)
		require.Equal(t, name, c.Name)
	}
}

// The XML of the observatory has another licence and is not part of the project;
// LOVE_SAL_INTERFACES names its folder.
func TestDefinitionsAgreeWithThoseOfTheObservatory(t *testing.T) {
	folder := os.Getenv("LOVE_SAL_INTERFACES")
	if folder == "" {
		t.Skip("LOVE_SAL_INTERFACES is not set: give it the folder of the observatory's SAL interfaces")
	}
	theirs, err := salxml.ReadFS(os.DirFS(folder))
	require.NoError(t, err)
	ours := sim.Definitions()
	for _, name := range ours.Names() {
		t.Run(name, func(t *testing.T) {
			mine, err := ours.Component(name)
			require.NoError(t, err)
			real, err := theirs.Component(name)
			require.NoError(t, err)
			require.Equal(t, real.Indexed, mine.Indexed)
			for _, topic := range mine.Topics {
				other, ok := real.Topic(topic.Attr())
				require.True(t, ok, topic.Attr())
				require.Equal(t, shape(other), shape(topic), topic.Attr())
			}
		})
	}
}

// shape returns the fields of a topic without free text.
func shape(t *sal.Topic) []sal.Field {
	var out []sal.Field
	for _, f := range t.Fields {
		f.Description, f.Choices = "", nil
		out = append(out, f)
	}
	return out
}
