package sal_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/sal"
	"github.com/rubin-love/love-go/love/sal/sim"
)

func TestEnumerationsOfAComponentHaveNamesAndNumbers(t *testing.T) {
	c, err := sim.Definitions().Component("Test")
	require.NoError(t, err)
	e, ok := c.Enumeration("ValueEnum")
	require.True(t, ok)
	require.Equal(t, []sal.Choice{{Name: "Zero", Number: 0}, {Name: "Two", Number: 2}, {Name: "Four", Number: 4}, {Name: "Five", Number: 5}}, e.Members)
	require.Equal(t, "Four", e.Text(4))
	require.Empty(t, e.Text(3))
	e, _ = c.Enumeration("Enum")
	require.Equal(t, "One", e.Text(1), "numbers begin with 1")
	_, ok = c.Enumeration("Nothing")
	require.False(t, ok)
}

func TestOnlyIndexedComponentsTakeAnIndex(t *testing.T) {
	defs := sim.Definitions()
	for name, want := range map[string]string{
		"ATDome":      "",
		"MTHexapod:1": "",
		"MTHexapod":   "MTHexapod has instances; say which, as in MTHexapod:1",
		"ATDome:1":    "ATDome has no instances, its index is 0, not 1",
		"ATDome:x":    `give NAME or NAME:INDEX, as in "ATDome" or "MTHexapod:1"`,
		"ATDome:*":    "wildcard",
		"ATDom":       "did you mean ATDome",
	} {
		c, index, err := defs.Instance(name)
		if want != "" {
			require.ErrorContains(t, err, want)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, name, c.Instance(index))
	}
	d := sal.NewDomain(sim.NewBus(), defs)
	_, err := d.Controller(t.Context(), "MTHexapod", 0)
	require.ErrorIs(t, err, sal.ErrIndex)
}
