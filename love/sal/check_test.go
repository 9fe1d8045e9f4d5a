package sal_test

import (
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/sal"
)

// gratings returns a component whose command has a field with an enumeration of its
// own.
func gratings(t *testing.T, choices ...sal.Choice) *sal.Component {
	defs, err := sal.Define(&sal.Component{Name: "Spec", Topics: []*sal.Topic{
		{Kind: sal.Event, Name: "heartbeat"},
		{Kind: sal.Command, Name: "select", Fields: []sal.Field{
			{Name: "grating", Type: sal.Long, Choices: choices}, {Name: "slits", Type: sal.Double, Count: 2},
		}},
	}})
	require.NoError(t, err)
	c, err := defs.Component("Spec")
	require.NoError(t, err)
	return c
}

func TestCheckIsStricterThanWriting(t *testing.T) {
	c := gratings(t, sal.Choice{Name: "Blue", Number: 1}, sal.Choice{Name: "Red", Number: 4})
	topic, err := c.Command("cmd_select")
	require.NoError(t, err)
	require.NoError(t, topic.Check(nil))
	require.NoError(t, topic.Check(sal.Values{"grating": 4, "slits": []float64{1, 2}}))
	require.NoError(t, topic.Check(sal.Values{"grating": nil, "slits": []float64{1}}))
	for _, bad := range []struct {
		values sal.Values
		want   string
	}{
		{sal.Values{"grating": 2}, "Spec cmd_select, field grating: takes 1 (Blue), 4 (Red), not 2"},
		{sal.Values{"slits": []float64{1, 2, 3}}, "Spec cmd_select, field slits: takes a list of 2, not of 3"},
		{sal.Values{"slit": 1}, "Spec cmd_select has no field slit; its fields are grating, slits"},
		{sal.Values{"private_seqNum": 1}, "cannot be given"},
	} {
		require.ErrorContains(t, topic.Check(bad.values), bad.want)
	}
	_, err = c.Command("evt_heartbeat")
	require.Error(t, err)
}

func TestWriteAsSetsTheIdentityOfOneSample(t *testing.T) {
	inBubble(t, func(t *testing.T, d *sal.Domain) {
		c := writeOnly(t, d, "Lamp", 0)
		for _, opts := range [][]sal.WriteOption{{sal.Force()}, {sal.Force(), sal.WriteAs("ana@host")}, {sal.Force()}} {
			_, err := c.Write(t.Context(), "evt_burning", nil, opts...)
			require.NoError(t, err)
		}
		r := remote(t, d, "Lamp", 0)
		s, ok := r.Latest("evt_burning")
		require.True(t, ok)
		require.Equal(t, "Lamp", s.Identity(), "of one sample only")
		_, err := c.Write(t.Context(), "evt_burning", nil, sal.Force(), sal.WriteAs("ana@host"))
		require.NoError(t, err)
		synctest.Wait()
		s, _ = r.Latest("evt_burning")
		require.Equal(t, "ana@host", s.Identity())
	})
}
