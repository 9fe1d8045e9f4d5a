package bench_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/bench"
)

func TestATextWithoutAStampHasNone(t *testing.T) {
	for _, text := range []string{"", "~", "no mark", "~0000000000000000000000000000x"} {
		_, _, _, _, ok := bench.FirstStamp([]byte(text))
		require.False(t, ok, text)
	}
}
