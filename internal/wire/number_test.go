package wire_test

import (
	"math/big"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/wire"
)

// FuzzInt takes math/big as the judge.
func FuzzInt(f *testing.F) {
	for _, number := range []string{
		"0", "-0", "-0.0", "1.0", "1.5", "1e3", "1.25e2", "1.25e1", "100e-2", "105e-1", "0.001e3", "9007199254740993.0", "9223372036854775807", "9223372036854775808",
		"-9223372036854775808.000", "-9223372036854775809", "1e18", "1e19", "-1e-19", "0e30", "00", "1E+2", strings.Repeat("9", 19) + "0e-1",
	} {
		f.Add(number)
	}
	f.Fuzz(func(t *testing.T, number string) {
		if wire.Valid([]byte(number)) != nil || !wire.IsNumber([]byte(strings.TrimSpace(number))) {
			return
		}
		number = strings.TrimSpace(number)
		if _, exponent, ok := strings.Cut(strings.ToLower(number), "e"); ok && len(exponent) > 4 {
			return // big.Rat would compute it
		}
		want, ok := new(big.Rat).SetString(number)
		require.True(t, ok, number)
		n, ok := wire.Int([]byte(number))
		require.Equal(t, want.IsInt() && want.Num().IsInt64(), ok, number)
		if ok {
			require.Equal(t, want.Num().Int64(), n, number)
		}
	})
}

func TestIntTakesNoTimeForHugeExponents(t *testing.T) {
	for number, ok := range map[string]bool{
		"1e1000000000": false, "-1e-1000000000": false, "1e99999999999999999999": false, "1e-99999999999999999999": false,
		"0e1000000000": true, "-0.00e-99999999999999999999": true,
	} {
		n, whole := wire.Int([]byte(number))
		require.Equal(t, ok, whole, number)
		require.Zero(t, n, number)
	}
}
