package watch_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/watch"
)

func TestEveryFunctionIsNotifiedUntilItIsCancelled(t *testing.T) {
	var l watch.List[string]
	l.Notify("before the first")
	var a, b []string
	cancel := l.Add(func(s string) { a = append(a, s) })
	l.Add(func(s string) { b = append(b, s) })
	l.Notify("both")
	cancel()
	cancel()
	l.Notify("one")
	require.Equal(t, []string{"both"}, a)
	require.Equal(t, []string{"both", "one"}, b)
}

func ExampleList() {
	var watchers watch.List[string]
	cancel := watchers.Add(func(user string) { fmt.Println(user, "has changed") })
	watchers.Notify("ada")
	cancel()
	watchers.Notify("bruno")
	// Output: ada has changed
}
