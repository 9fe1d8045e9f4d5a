package deflate_test

import (
	"bytes"
	"compress/flate"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/deflate"
)

// compressed returns the payload of a message as the standard library makes it.
func compressed(t testing.TB, message string) []byte {
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestCompression)
	require.NoError(t, err)
	_, err = w.Write([]byte(message))
	require.NoError(t, err)
	require.NoError(t, w.Flush())
	return bytes.TrimSuffix(b.Bytes(), []byte("\x00\x00\xff\xff"))
}

func TestTheExamplesOfTheRFCAreInflated(t *testing.T) {
	for name, payload := range map[string]string{
		"7.2.3.1 one compressed block":        "f248cdc9c90700",
		"7.2.3.3 a block without compression": "000500faff48656c6c6f00",
		"7.2.3.4 a last block":                "f348cdc9c9070000",
		"7.2.3.5 two blocks":                  "f248050000 00ffffcac9c90700",
	} {
		t.Run(name, func(t *testing.T) {
			raw, err := hex.DecodeString(strings.ReplaceAll(payload, " ", ""))
			require.NoError(t, err)
			got, err := deflate.Inflate([]byte("> "), raw, 5)
			require.NoError(t, err)
			require.Equal(t, "> Hello", string(got))
		})
	}
}

func TestAnEmptyMessageIsInflated(t *testing.T) {
	for _, payload := range []string{"\x00", "\x02\x00", ""} { // section 7.2.3.6
		got, err := deflate.Inflate(nil, []byte(payload), 0)
		require.NoError(t, err)
		require.Empty(t, got)
	}
}

func TestAMessageMayHaveItsLimitAndNotMore(t *testing.T) {
	message := strings.Repeat("LOVE ", 20_000)
	got, err := deflate.Inflate(nil, compressed(t, message), len(message))
	require.NoError(t, err)
	require.Equal(t, message, string(got))
	_, err = deflate.Inflate(nil, compressed(t, message), len(message)-1)
	require.ErrorIs(t, err, deflate.ErrTooBig)
}

func TestABombMakesNoMoreThanTheLimit(t *testing.T) {
	bomb := compressed(t, strings.Repeat("\x00", 10<<20))
	const limit = 64 << 10
	got, err := deflate.Inflate(nil, bomb, limit)
	require.ErrorIs(t, err, deflate.ErrTooBig)
	require.LessOrEqual(t, cap(got), 2*limit)
}

func TestABrokenPayloadIsRefused(t *testing.T) {
	whole := compressed(t, "a message, a message, a message")
	for name, payload := range map[string][]byte{
		"cut":             whole[:len(whole)/2],
		"a wrong block":   {0x07},
		"too far back":    {0x4b, 0x04, 0x61, 0x40, 0x00, 0x00},
		"a wrong length":  {0x00, 0x05, 0x00, 0x00, 0x00, 0x48},
		"text":            []byte(`{"option":"subscribe"}`),
		"bytes behind it": append(compressed(t, "x"), 0xff, 0xff),
	} {
		t.Run(name, func(t *testing.T) {
			got, err := deflate.Inflate(nil, payload, 1000)
			require.ErrorIs(t, err, deflate.ErrBroken)
			require.Empty(t, got)
		})
	}
}

func FuzzInflate(f *testing.F) {
	f.Add([]byte("Hello"), uint16(5))
	f.Add(compressed(f, "Hello"), uint16(5))
	f.Add(compressed(f, strings.Repeat("x", 70_000)), uint16(1000))
	f.Add([]byte{}, uint16(0))
	f.Add([]byte{0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00}, uint16(100))
	f.Fuzz(func(t *testing.T, payload []byte, limit uint16) {
		got, err := deflate.Inflate(nil, bytes.Clone(payload), int(limit))
		require.LessOrEqual(t, len(got), int(limit))
		if err != nil {
			require.Empty(t, got)
		}
		for _, w := range []deflate.Window{deflate.Small, deflate.Large} {
			back, err := deflate.Inflate(nil, deflate.Compress(nil, payload, w), len(payload))
			require.NoError(t, err)
			require.Equal(t, string(payload), string(back))
		}
	})
}
