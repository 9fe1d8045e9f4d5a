package cli

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// goCacheFolder matches the name of a folder in which the go command caches a
// program that it ran.
var goCacheFolder = regexp.MustCompile(`^[0-9a-f]{64}-d$`)

// programName returns how to type this program in another terminal in the same
// folder. Under `go run` its own path is a temporary one.
func (a *app) programName() string {
	folder := filepath.Dir(a.program)
	if !strings.Contains(filepath.ToSlash(folder), "/go-build") && !goCacheFolder.MatchString(filepath.Base(folder)) {
		return a.program
	}
	if _, err := os.Stat(filepath.FromSlash("cmd/loved/main.go")); err == nil {
		return "go run ./cmd/loved"
	}
	return "go run github.com/rubin-love/love-go/cmd/loved"
}
