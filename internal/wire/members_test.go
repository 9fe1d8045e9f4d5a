package wire_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/wire"
)

func TestMembersAreYieldedInOrderAndRaw(t *testing.T) {
	cases := map[string][]string{
		`{}`:                               nil,
		`[1]`:                              nil,
		``:                                 nil,
		`{"b":1.0, "a\u0042" : [NaN,{}] }`: {"b", "1.0", "aB", "[NaN,{}]"},
		`{"a":1,"b"`:                       {"a", "1"},
	}
	for text, want := range cases {
		var got []string
		for name, value := range wire.Members([]byte(text)) {
			got = append(got, name, string(value))
		}
		require.Equal(t, want, got, text)
	}
}

func TestElementsAreYieldedInOrderAndRaw(t *testing.T) {
	cases := map[string][]string{
		`[]`:                nil,
		`{"a":1}`:           nil,
		``:                  nil,
		`[ 1.0 ,[2], "]" ]`: {"1.0", "[2]", `"]"`},
		`[1,`:               {"1"},
		`[1 2]`:             {"1"},
	}
	for text, want := range cases {
		var got []string
		for value := range wire.Elements([]byte(text)) {
			got = append(got, string(value))
		}
		require.Equal(t, want, got, text)
	}
}

func TestIterationCanBeLeftEarly(t *testing.T) {
	for name := range wire.Members([]byte(`{"a":1,"b":2}`)) {
		require.Equal(t, "a", name)
		break
	}
	for value := range wire.Elements([]byte(`[1,2]`)) {
		require.Equal(t, "1", string(value))
		break
	}
}
