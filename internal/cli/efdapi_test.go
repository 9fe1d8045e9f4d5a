package cli

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheArchiveStandsInForTheEFDOfTheSite(t *testing.T) {
	site := func(name string) string {
		return siteEFD(func(string) (string, bool) { return name, true })
	}
	require.Equal(t, []string{"summit_efd", "summit_efd", "base_efd", "tucson_teststand_efd"}, []string{site(""), site("summit"), site("base"), site("tucson")})
	f := parseManager(t, "--efd", "summit_efd=http://x:8086")
	known := efdSources(f.efds.sources, "folder", "summit_efd")
	require.Len(t, known, 2)
	require.Equal(t, f.efds.sources["summit_efd"], known["summit_efd"])
	known = efdSources(f.efds.sources, "folder", "base_efd")
	require.Equal(t, known["archive"], known["base_efd"])
	require.Len(t, f.efds.sources, 1, "a copy is extended")
	require.Empty(t, efdSources(nil, "", "summit_efd"))
}
