package cli

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// cached is the folder in which the go command keeps a program that it ran.
var cached = regexp.MustCompile(`^[0-9a-f]{64}-d$`)

// spelling is how this program has to be typed in another terminal in the same
// folder. Under `go run` its own path is a temporary one that nobody types.
func (a *app) spelling() string {
	folder := filepath.Dir(a.program)
	if !strings.Contains(filepath.ToSlash(folder), "/go-build") && !cached.MatchString(filepath.Base(folder)) {
		return a.program
	}
	if _, err := os.Stat(filepath.FromSlash("cmd/loved/main.go")); err == nil {
		return "go run ./cmd/loved"
	}
	return "go run github.com/rubin-love/love-go/cmd/loved"
}
