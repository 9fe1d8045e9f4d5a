package wire_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/wire"
)

func TestTextResolvesEscapes(t *testing.T) {
	for _, q := range []string{`"plain"`, `"\"\\\/\b\f\n\r\t"`, `"\u00e9\ud83d\ude00"`, `"\ud800"`, `"\ud800\u0041"`, `"\udc00x"`, `""`} {
		var want string
		require.NoError(t, json.Unmarshal([]byte(q), &want))
		require.Equal(t, want, string(wire.Text([]byte(q))), q)
	}
}
