package sal_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/sal"
)

func TestParseNameReadsNameAndIndex(t *testing.T) {
	for text, want := range map[string]struct {
		name  string
		index int
	}{
		"ATDome": {"ATDome", 0}, "MTHexapod:1": {"MTHexapod", 1}, "Script:007": {"Script", 7},
		"Script:0": {"Script", 0}, "_x:2": {"_x", 2}, "a-b:2147483647": {"a-b", 2147483647},
	} {
		name, index, err := sal.ParseName(text)
		require.NoError(t, err, text)
		require.Equal(t, want.name, name)
		require.Equal(t, want.index, index)
	}
}

func TestParseNameRefusesEverythingElse(t *testing.T) {
	for _, text := range []string{
		"", ":", ":1", "1a", "a:", "a:x", "a:-1", "a:+1", "a:1.5", "a: 1", " a", "a ", "a b", "a:1:2", "a:1\n", "é",
		"a:2147483648", "a:99999999999999999999", "a:٣",
	} {
		_, _, err := sal.ParseName(text)
		require.ErrorIs(t, err, sal.ErrName, "%q", text)
	}
	name, _, err := sal.ParseName("Script:*")
	require.ErrorIs(t, err, sal.ErrWildcard)
	require.Equal(t, "Script", name)
}

func FuzzParseName(f *testing.F) {
	for _, s := range []string{"ATDome", "MTHexapod:1", "Script:*", "a:007", ":", "a:b", "é:1", "a:1\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		name, index, err := sal.ParseName(s)
		if err != nil {
			return
		}
		require.GreaterOrEqual(t, index, 0)
		require.True(t, s == name || strings.HasPrefix(s, name+":"))
		again, n, err := sal.ParseName(fmt.Sprintf("%s:%d", name, index))
		require.NoError(t, err)
		require.Equal(t, name, again)
		require.Equal(t, index, n)
	})
}
