package redis

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/hub"
)

func FuzzMessage(f *testing.F) {
	for _, m := range []message{
		{kind: kindGone, origin: 1, number: 2, received: time.Unix(3, 4), source: "s-1"},
		{kind: kind(hub.EnvelopeData), origin: 1 << 63, number: 1, payload: []byte(`{"category":"event","data":[]}`)},
		{kind: kindBeat, payload: []byte("name")},
	} {
		f.Add(m.append(nil))
	}
	f.Add([]byte{codecVersion})
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, text []byte) {
		var m, again message
		if m.parse(text) != nil {
			return
		}
		require.NoError(t, again.parse(m.append(nil)))
		require.Equal(t, m.origin, again.origin)
		require.Equal(t, m.number, again.number)
		require.True(t, m.received.Equal(again.received))
		require.Equal(t, m.source, again.source)
		require.Equal(t, string(m.payload), string(again.payload))
		e := m.envelope()
		_ = e.Topic()
		for v := range e.LastValues() {
			_ = v.Topic()
		}
	})
}

func FuzzValue(f *testing.F) {
	f.Add(`"s"`, appendValue(nil, 1, 2, &hub.LastValue{
		CSC: []byte(`"A"`), SalIndex: []byte("1"), Value: []byte(`[{"n":NaN}]`), Source: "s-1", Received: time.Unix(1, 2),
	}))
	f.Add(`s`, []byte("0000000000000001\x01"))
	f.Add(``, []byte{})
	f.Fuzz(func(t *testing.T, stream string, text []byte) {
		origin, v, err := parseValue(love.CategoryEvent, stream, text)
		if err != nil {
			return
		}
		o, again, err := parseValue(love.CategoryEvent, stream, appendValue(nil, origin, v.Number, &v))
		require.NoError(t, err)
		require.Equal(t, origin, o)
		require.Equal(t, v, again)
	})
}
