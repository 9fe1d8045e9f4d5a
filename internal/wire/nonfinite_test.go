package wire_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/wire"
)

func TestStrictReplacesOnlyBareTokens(t *testing.T) {
	require.Equal(t, `{"NaN":null,"a":[null,null,"-Infinity \" NaN",-1]}`,
		string(wire.AppendStrict(nil, []byte(`{"NaN":NaN,"a":[Infinity,-Infinity,"-Infinity \" NaN",-1]}`))))
}
