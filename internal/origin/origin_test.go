package origin_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/origin"
)

func TestAnOriginIsWrittenAsBrowsersSendIt(t *testing.T) {
	for text, want := range map[string]bool{
		"https://love.example": true, "http://love.example:8080": true, "http://127.0.0.1:3000": true, "http://[::1]:3000": true, "null": true,
		"love.example": false, "https://love.example/": false, "https://love.example/love": false, "https://Love.example": false,
		"https://love.example:443": false, "http://love.example:80": false, "": false, "https://": false, "https://*.example ": false,
	} {
		require.Equal(t, want, origin.Is(text), text)
	}
}
