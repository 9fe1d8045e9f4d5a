package bench_test

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/gobwas/ws"
	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/bench"
)

func TestFramesOfEveryLengthAreFound(t *testing.T) {
	var sent bytes.Buffer
	var want []string
	for _, n := range []int{0, 1, 125, 126, 1000, 65535, 65536, 200_000} {
		text := strings.Repeat("x", n)
		require.NoError(t, ws.WriteFrame(&sent, ws.NewTextFrame([]byte(text))))
		require.NoError(t, ws.WriteFrame(&sent, ws.NewPingFrame([]byte("ping"))))
		want = append(want, text)
	}
	texts, err := bench.Texts(sent.Bytes())
	require.Equal(t, want, texts)
	require.ErrorIs(t, err, io.EOF)
}

func TestCompressedFramesAreInflatedIfThatWasAgreedOn(t *testing.T) {
	frame := ws.NewTextFrame([]byte("\xf2\x48\xcd\xc9\xc9\x07\x00")) // RFC 7692, section 7.2.3.1
	frame.Header.Rsv = ws.Rsv(true, false, false)
	sent := append(ws.MustCompileFrame(frame), ws.MustCompileFrame(ws.NewTextFrame([]byte("plain")))...)
	texts, err := bench.CompressedTexts(sent)
	require.ErrorIs(t, err, io.EOF)
	require.Equal(t, []string{"Hello", "plain"}, texts)
	_, err = bench.Texts(sent)
	require.ErrorContains(t, err, "for which nobody asked")
	sent[2] = 0xff
	_, err = bench.CompressedTexts(sent)
	require.ErrorContains(t, err, "cannot be inflated")
}

func TestACloseFrameIsReportedWithItsReason(t *testing.T) {
	sent := ws.MustCompileFrame(ws.NewCloseFrame(ws.NewCloseFrameBody(1013, "too slow")))
	_, err := bench.Texts(sent)
	require.ErrorContains(t, err, "1013 too slow")
}

func TestAFrameThatDeclaresTooMuchIsRefused(t *testing.T) {
	_, err := bench.Texts([]byte{0x81, 127, 0x3f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
	require.ErrorContains(t, err, "larger than any")
}

func FuzzFrames(f *testing.F) {
	f.Add(ws.MustCompileFrame(ws.NewTextFrame([]byte("~0010020000000003000000000004"))))
	f.Add(ws.MustCompileFrame(ws.NewCloseFrame(nil)))
	f.Add([]byte{0x81, 127, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
	f.Add([]byte{0x89, 126, 0, 4, 1, 2, 3, 4, 0x81, 1})
	f.Fuzz(func(t *testing.T, sent []byte) {
		_, err := bench.CompressedTexts(sent)
		require.Error(t, err, "the bytes end")
		texts, err := bench.Texts(sent)
		require.Error(t, err, "the bytes end")
		for _, text := range texts {
			_, _, _, _, _ = bench.FirstStamp([]byte(text))
		}
	})
}
