package watch_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/watch"
)

func TestList_TellsWhoIsOnIt(t *testing.T) {
	var l watch.List[string]
	l.Tell("nobody hears this")
	var a, b []string
	cancel := l.Add(func(s string) { a = append(a, s) })
	l.Add(func(s string) { b = append(b, s) })
	l.Tell("both")
	cancel()
	cancel()
	l.Tell("one")
	require.Equal(t, []string{"both"}, a)
	require.Equal(t, []string{"both", "one"}, b)
}
