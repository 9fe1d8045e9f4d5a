package cli

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTextIsWrappedBetweenWords(t *testing.T) {
	for text, want := range map[string][]string{
		"":                                  {""},
		"twelve words, and no longer line":  {"twelve words, and no", "longer line"},
		"exactly as wide as it":             {"exactly as wide as", "it"},
		"abcdefghijklmnopqrstuvwxyz of one": {"abcdefghijklmnopqrst", "uvwxyz of one"},
	} {
		require.Equal(t, want, wrapText(text, 20))
		require.Equal(t, []string{text}, wrapText(text, 19), "too narrow to be read")
	}
}
