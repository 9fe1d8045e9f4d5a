package cli

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheProgramsNameIsTheOneToType(t *testing.T) {
	hash := strings.Repeat("0a", 32)
	cases := map[string]string{
		"loved":                                 "loved",
		"./bin/loved":                           "./bin/loved",
		"/tmp/go-build123/b001/exe/loved":       "go run ./cmd/loved",
		"/home/ana/.cache/" + hash + "-d/loved": "go run ./cmd/loved",
	}
	t.Chdir("../..")
	for program, want := range cases {
		require.Equal(t, want, (&app{program: program}).programName(), program)
	}
	t.Chdir(t.TempDir())
	require.Equal(t, "go run github.com/rubin-love/love-go/cmd/loved", (&app{program: "/tmp/go-build123/b001/exe/loved"}).programName())
}
