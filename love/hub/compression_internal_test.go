package hub

import (
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/gobwas/ws"
	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/deflate"
	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
)

// frameOf returns a text frame, as a message to subscribers is.
func frameOf(text string) *frame {
	f := textFrame(append(newBuffer(len(text)), text...))
	f.counted = true
	return f
}

func singleFrame(n int) *frame {
	f := frameOf(strings.Repeat("x", n))
	f.single = true
	return f
}

func TestAFrameIsCompressedOnceForAllWhoTakeIt(t *testing.T) {
	f := frameOf(strings.Repeat("LOVE ", 2000))
	require.Same(t, &f.bytes[0], &f.wire(deflate.None)[0])
	require.Nil(t, f.compressed[0].Load(), "not before somebody needs it")
	require.Nil(t, f.compressed[1].Load())
	results := make([][]byte, 8)
	var all sync.WaitGroup
	for i := range results {
		all.Go(func() { results[i] = f.wire(deflate.Large) })
	}
	all.Wait()
	for _, r := range results {
		require.Same(t, &results[0][0], &r[0])
	}
	require.NotSame(t, &results[0][0], &f.wire(deflate.Small)[0], "it is larger than the small window")

	f = frameOf(strings.Repeat("x", deflate.SmallSize))
	require.Same(t, &f.wire(deflate.Large)[0], &f.wire(deflate.Small)[0])
}

func TestWhatIsNotWorthCompressingStaysAsItIs(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	noise := make([]byte, 2000)
	for i := range noise {
		noise[i] = byte(random.Uint32())
	}
	for name, f := range map[string]*frame{
		"a small message": frameOf(strings.Repeat("x", minCompressed-1)),
		"for one session": singleFrame(minCompressedSingle - 1),
		"an answer":       answerFrame(strings.Repeat("x", 500)),
		"noise":           frameOf(string(noise)),
		"nothing":         frameOf(""),
		"a ping":          controlFrame(ws.OpPing, make([]byte, 125)),
		"the probe":       probeFrame,
	} {
		for _, w := range []deflate.Window{deflate.Small, deflate.Large} {
			require.Equal(t, f.bytes, f.wire(w), name)
		}
	}
	require.Less(t, len(frameOf(strings.Repeat("x", minCompressed)).wire(deflate.Large)), 50)
	require.Less(t, len(singleFrame(minCompressedSingle).wire(deflate.Large)), 50)
	require.Less(t, len(answerFrame(strings.Repeat("x", minCompressedSingle)).wire(deflate.Large)), 50)
}

func TestEachVariantOfAFrameIsCompressed(t *testing.T) {
	f := frameOf(`{"data":[` + strings.Repeat("NaN,", 200) + `1]}`)
	f.seq = 7
	for _, v := range []variant{0, variantStrict, variantSeq, variantStrict | variantSeq} {
		as := f.as(v)
		wire := as.wire(deflate.Large)
		require.Equal(t, byte(0xc1), wire[0])
		h, err := ws.ReadHeader(strings.NewReader(string(wire)))
		require.NoError(t, err)
		text, err := deflate.Inflate(nil, wire[ws.HeaderSize(h):], 10_000)
		require.NoError(t, err)
		require.Equal(t, string(as.payload()), string(text))
	}
}

// Many screens that connect at once get the same snapshots.
func TestALastValueIsOneFrameForAllWhoGetIt(t *testing.T) {
	h := New(WithTracing(false))
	defer func() { require.NoError(t, h.Shutdown(t.Context())) }()
	publisher := h.Local(auth.Principal{Process: true})
	publish := func(value string) {
		require.NoError(t, publisher.Send(t.Context(), []byte(`{"category":"event","data":[{"csc":"A","salindex":0,"data":{"s":`+value+`}}]}`)))
	}
	publish("1")
	own := love.StreamGroup(love.CategoryEvent, "A", 0, "s")
	all := love.StreamGroup(love.CategoryEvent, "A", 0, love.All)
	g := h.index.find(own)
	frameTo := func(name love.Group) *frame {
		g.last.mu.Lock()
		defer g.last.mu.Unlock()
		return lastFrame(name, g)
	}
	first := frameTo(own)
	require.Same(t, first, frameTo(own))
	require.False(t, first.single)
	require.True(t, frameTo(all).single)
	require.Same(t, first, frameTo(own), "those of other groups are not kept")

	publish("2")
	second := frameTo(own)
	require.Contains(t, string(second.payload()), `{"s":2}`)
	require.Same(t, second, frameTo(own))
	require.NoError(t, publisher.Close())
	require.Contains(t, string(frameTo(own).payload()), `"stale":true`)
	runtime.KeepAlive(first)
	runtime.KeepAlive(second)
}
