package sal_test

import (
	"context"
	"errors"
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
			{Name: "label", Type: sal.String}, {Name: "open", Type: sal.Boolean}, {Name: "width", Type: sal.Float},
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
	require.NoError(t, topic.Check(sal.Values{"open": true, "slits": []any{1, 2.5}}))
	for _, bad := range []struct {
		values sal.Values
		want   string
	}{
		{sal.Values{"grating": 2}, "Spec cmd_select, field grating: takes 1 (Blue), 4 (Red), not 2"},
		{sal.Values{"slits": []float64{1, 2, 3}}, "Spec cmd_select, field slits: takes a list of 2, not of 3"},
		{sal.Values{"slits": []float64{1}}, "field slits: takes a list of 2, not of 1"},
		{sal.Values{"slits": []any{}}, "field slits: takes a list of 2, not of 0"},
		{sal.Values{"grating": nil}, "field grating: takes a whole number from -2147483648 to 2147483647 (long), not null; leave the field out for its default, 0"},
		{sal.Values{"width": nil}, "field width: takes a number (float), not null; leave the field out for its default, 0"},
		{sal.Values{"label": nil}, "field label: takes a text, not null; leave the field out for its default, an empty text"},
		{sal.Values{"open": nil}, "field open: takes true or false, not null; leave the field out for its default, false"},
		{sal.Values{"slits": nil}, "field slits: takes a list of 2 elements (double), not null; leave the field out for its default, a list of zeros"},
		{sal.Values{"slits": []any{1, nil}}, "field slits: element 1 takes a number (double), not null"},
		{sal.Values{"grating": true}, "field grating: takes a whole number from -2147483648 to 2147483647 (long), not true"},
		{sal.Values{"width": false}, "field width: takes a number (float), not false"},
		{sal.Values{"slits": []any{1, true}}, "field slits: element 1 takes a number (double), not true"},
		{sal.Values{"slits": []bool{true, true}}, "field slits: element 0 takes a number (double), not true"},
		{sal.Values{"slit": 1}, "Spec cmd_select has no field slit; its fields are grating, slits, label, open, width"},
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

// What is wrong with the values or the sender of a command is known before it leaves.
func TestACommandThatIsNotWholeIsNeverSent(t *testing.T) {
	inBubble(t, func(t *testing.T, d *sal.Domain) {
		got := make(chan *sal.Sample, 10)
		lamp(t, d, func(_ context.Context, _ *sal.Controller, s *sal.Sample) error {
			got <- s
			return nil
		})
		r := remote(t, d, "Lamp", 0)
		for want, send := range map[string]func() error{
			"field power: takes a number (float), not null": func() error {
				_, err := r.Command(t.Context(), "switchOn", sal.Values{"power": nil})
				return err
			},
			`field private_identity: takes a text in UTF-8, not "ana\xff"`: func() error {
				_, err := r.Command(t.Context(), "switchOn", nil, sal.As("ana\xff"))
				return err
			},
		} {
			var wrong *sal.FieldError
			err := send()
			require.ErrorAs(t, err, &wrong)
			require.ErrorContains(t, err, want)
		}
		_, err := r.Command(t.Context(), "switchOn", sal.Values{"power": 1})
		require.NoError(t, err)
		require.Equal(t, 1.0, (<-got).Float("power"))
		require.Empty(t, got)
	})
}

func TestTextsOnTheBusAreUTF8(t *testing.T) {
	inBubble(t, func(t *testing.T, d *sal.Domain) {
		c := writeOnly(t, d, "Lamp", 0)
		for want, write := range map[string]func() (bool, error){
			`field t: takes a text in UTF-8, not "\xff"`: func() (bool, error) {
				return c.Write(t.Context(), "evt_everything", sal.Values{"t": "\xff"})
			},
			`field private_identity: takes a text in UTF-8, not "ana\xff"`: func() (bool, error) {
				return c.Write(t.Context(), "evt_everything", nil, sal.WriteAs("ana\xff"))
			},
		} {
			sent, err := write()
			require.ErrorContains(t, err, want)
			require.False(t, sent)
		}
	})
}

func TestAnAcknowledgementArrivesWhateverItsText(t *testing.T) {
	inBubble(t, func(t *testing.T, d *sal.Domain) {
		lamp(t, d, func(context.Context, *sal.Controller, *sal.Sample) error { return errors.New("no power\xff") })
		_, err := remote(t, d, "Lamp", 0).Command(t.Context(), "switchOn", nil)
		var failed *sal.AckError
		require.ErrorAs(t, err, &failed)
		require.Equal(t, "Failed: no power\ufffd", failed.Ack.Result)
	})
}
