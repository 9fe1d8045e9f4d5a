package deflate_test

import (
	"bytes"
	"compress/flate"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/deflate"
)

// noise returns n bytes that cannot be compressed.
func noise(n int) []byte {
	random := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(random.Uint32())
	}
	return b
}

func TestOthersInflateWhatWasCompressed(t *testing.T) {
	text := []byte(strings.Repeat(`{"value":1.5,"dataType":"Float","units":"deg"},`, 500))
	for _, message := range [][]byte{{}, []byte("x"), []byte("Hello"), text[:deflate.SmallSize], text[:deflate.SmallSize+1], text, noise(100), noise(200_000)} {
		for _, w := range []deflate.Window{deflate.Small, deflate.Large} {
			payload := deflate.Compress([]byte("> "), message, w)
			require.Equal(t, "> ", string(payload[:2]))
			got, err := io.ReadAll(flate.NewReader(bytes.NewReader(append(payload[2:], "\x00\x00\xff\xff\x01\x00\x00\xff\xff"...))))
			require.NoError(t, err)
			require.Equal(t, string(message), string(got))
		}
	}
}

func TestMessagesDoNotDependOnEachOther(t *testing.T) {
	message := []byte(strings.Repeat("the same message ", 300))
	first := deflate.Compress(nil, message, deflate.Large)
	for range 10 {
		require.Equal(t, first, deflate.Compress(nil, message, deflate.Large))
	}
}

func TestAMessageRefersNoFartherBackThanItsWindow(t *testing.T) {
	for _, c := range []struct {
		distance     int
		small, large bool // it finds the repetition
	}{{400, true, true}, {2000, false, true}, {40_000, false, false}} {
		block := noise(c.distance)
		message := append(block, block[:min(len(block), 1000)]...)
		saves := func(w deflate.Window) bool { return len(deflate.Compress(nil, message, w)) < len(message)-300 }
		require.Equal(t, c.large, saves(deflate.Large), "%d bytes back", c.distance)
		require.Equal(t, c.small, saves(deflate.Small), "%d bytes back", c.distance)
	}
}

func TestAMessageThatFitsTheSmallWindowIsTheSameForBoth(t *testing.T) {
	message := []byte(strings.Repeat("0123456789abcdef", 1000))[:deflate.SmallSize]
	require.Equal(t, deflate.Compress(nil, message, deflate.Large), deflate.Compress(nil, message, deflate.Small))
}

func TestManyMayCompressAndInflateAtOnce(t *testing.T) {
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			message := bytes.Repeat([]byte{'a' + byte(i), 'b', 'c'}, 3000)
			for range 50 {
				got, err := deflate.Inflate(nil, deflate.Compress(nil, message, deflate.Window(1+i%2)), len(message))
				if err != nil || !bytes.Equal(message, got) {
					t.Errorf("message %d came back otherwise, or not: %v", i, err)
				}
			}
		})
	}
	all.Wait()
}
