package header_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/header"
)

func TestAListMayStandInSeveralLines(t *testing.T) {
	for _, c := range []struct {
		lines, want []string
	}{
		{nil, nil},
		{[]string{""}, nil},
		{[]string{"a"}, []string{"a"}},
		{[]string{"a, b"}, []string{"a", "b"}},
		{[]string{"a", "b"}, []string{"a", "b"}},
		{[]string{" a ,\tb", "", ",c,,"}, []string{"a", "b", "c"}},
		{[]string{`"a,b", W/"c"`}, []string{`"a,b"`, `W/"c"`}},
		{[]string{`"a\",b", c`}, []string{`"a\",b"`, "c"}},
		{[]string{`"unfinished, a`, "b"}, []string{`"unfinished, a`, "b"}},
	} {
		h := http.Header{"Some-List": c.lines}
		require.Equal(t, c.want, slices.Collect(header.List(h, "some-list")), "%q", c.lines)
	}
}

func TestATokenIsFoundInAnyLineAndCase(t *testing.T) {
	h := http.Header{"Connection": {"keep-alive", "close, uPGRADE"}}
	require.True(t, header.Has(h, "Connection", "upgrade"))
	require.True(t, header.Has(h, "Connection", "keep-alive"))
	require.False(t, header.Has(h, "Connection", "up"))
	require.False(t, header.Has(h, "Upgrade", "websocket"))
}

func TestAValueWithQualityZeroIsNotAccepted(t *testing.T) {
	for line, want := range map[string][2]bool{
		"": {}, "application/json": {}, "text/x": {true, true}, "a/b, TEXT/X ; level=1": {true, true}, "text/x;q=0.1": {true, true},
		"text/x;q=0": {false, true}, "text/x; level=1; Q = 0.0": {false, true}, "text/x;q=often": {true, true}, "*/*": {},
	} {
		accepted, named := header.Accepts(http.Header{"Accept": {"c/d", line}}, "Accept", "text/x")
		require.Equal(t, want, [2]bool{accepted, named}, line)
	}
}
