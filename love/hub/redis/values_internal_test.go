package redis

import (
	"testing"
	"time"

	"github.com/redis/rueidis"
	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/redistest"
	"github.com/rubin-love/love-go/love/hub"
)

func TestANewerLastValueStays(t *testing.T) {
	o, err := rueidis.ParseURL(redistest.Address(t))
	require.NoError(t, err)
	o.DisableCache, o.ForceSingleClient = true, true
	c, err := rueidis.NewClient(o)
	require.NoError(t, err)
	defer c.Close()
	key := "{test-" + hex(uint64(time.Now().UnixNano())) + "}:v:event:A:0"
	write := func(origin, number uint64, at int64) string {
		v := hub.LastValue{CSC: []byte(`"A"`), SalIndex: []byte("0"), Value: []byte("1"), Source: "s-1", Received: time.Unix(at, 0)}
		text := rueidis.BinaryString(appendValue(nil, origin, number, &v))
		require.NoError(t, c.Do(t.Context(), c.B().Eval().Script(writeNewer).Numkeys(1).Key(key).Arg("10000", `"s"`, text).Build()).Error())
		return text
	}
	stays := func(want, why string) {
		t.Helper()
		got, err := c.Do(t.Context(), c.B().Hget().Key(key).Field(`"s"`).Build()).ToString()
		require.NoError(t, err)
		require.Equal(t, want, got, why)
	}
	const here, there = 0x80_00_00_00_00_00_00_00, 0x7f_00_00_00_00_00_00_01
	first := write(here, 0x7f, 100)
	stays(first, "there was none")
	second := write(here, 0x80, 50)
	stays(second, "the clock was set back")
	third := write(here, 0x1_00, 50)
	stays(third, "the number has another byte")
	write(here, 0xff, 50)
	stays(third, "the number is lower, the time the same")
	write(here, 0xff, 200)
	stays(third, "the number is lower, the time later")
	write(there, 0x1_01, 49)
	stays(third, "another manager's was received earlier")
	other := write(there, 1, 51)
	stays(other, "another manager's was received later")
}
