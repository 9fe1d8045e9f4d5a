package lovego_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	docLink  = regexp.MustCompile(`\bdocs/[a-z/-]+\.md(?:#[a-z0-9-]+)?`)
	mdLink   = regexp.MustCompile(`\]\(([^)\s:]+)\)`)
	heading  = regexp.MustCompile(`(?m)^#+ (.*)$`)
	unlinked = regexp.MustCompile(`[^\w\- ]`)
)

// TestLinksToTheDocumentsWork follows every mention of a document in the
// comments of the code, and every link between documents.
func TestLinksToTheDocumentsWork(t *testing.T) {
	links := 0
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && d.Name() != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "tools"):
			return fs.SkipDir
		case filepath.Ext(path) == ".go":
			text, err := os.ReadFile(path)
			for _, link := range docLink.FindAllString(string(text), -1) {
				links++
				follow(t, path, ".", link)
			}
			return err
		case filepath.Ext(path) == ".md":
			text, err := os.ReadFile(path)
			for _, link := range mdLink.FindAllStringSubmatch(string(text), -1) {
				links++
				follow(t, path, filepath.Dir(path), link[1])
			}
			return err
		}
		return nil
	})
	require.NoError(t, err)
	require.Greater(t, links, 100)
}

func follow(t *testing.T, from, dir, link string) {
	t.Helper()
	file, anchor, _ := strings.Cut(link, "#")
	target := filepath.Join(dir, file)
	if file == "" {
		target = from
	}
	info, err := os.Stat(target)
	if err != nil {
		t.Errorf("%s links to %s, which does not exist", from, link)
		return
	}
	if anchor == "" || info.IsDir() {
		return
	}
	text, err := os.ReadFile(target)
	require.NoError(t, err)
	for _, h := range heading.FindAllStringSubmatch(string(text), -1) {
		if strings.ReplaceAll(unlinked.ReplaceAllString(strings.ToLower(h[1]), ""), " ", "-") == anchor {
			return
		}
	}
	t.Errorf("%s links to %s: %s has no such heading", from, link, target)
}
