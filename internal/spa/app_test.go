package spa_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/spa"
)

const index = `<!doctype html><link rel="shortcut icon" href="/favicon.ico"><script src="/static/js/main.2233698c.js"></script>`

var script = strings.Repeat("console.log('love');\n", 1000)

// build is a folder as a build leaves it.
func build(t testing.TB) string {
	dir := t.TempDir()
	for name, content := range map[string]string{
		"index.html": index, "manifest.json": "{}", "static/js/main.2233698c.js": script, "static/media/beep.cd009ec34935da07ea81.mp3": "beep",
		".env": "SECRET=1", "static/.git/config": "x", "noise.mp3": "0123456789", "data.json": `"` + strings.Repeat("x", 5000) + `"`,
	} {
		write(t, dir, name, content)
	}
	return dir
}

func write(t testing.TB, dir, name, content string) {
	require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644))
}

func open(t testing.TB, dir string) *spa.App {
	a, err := spa.Open(dir, "")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, a.Close()) })
	return a
}

// get makes a GET with headers "Name: value".
func get(a http.Handler, path string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", "/", nil)
	r.URL.Path = path
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Add(name, value)
	}
	w := httptest.NewRecorder()
	a.ServeHTTP(w, r)
	return w
}

func TestFilesAreServedWithTheirTypeAndCaching(t *testing.T) {
	a := open(t, build(t))
	const forever, ask = "public, max-age=31536000, immutable", "no-cache"
	for path, want := range map[string][3]string{
		"/":                                 {index, "text/html; charset=utf-8", ask},
		"/index.html":                       {index, "text/html; charset=utf-8", ask},
		"/static/js/main.2233698c.js":       {script, "text/javascript; charset=utf-8", forever},
		"/static/js/../js/main.2233698c.js": {script, "text/javascript; charset=utf-8", forever},
		"/manifest.json":                    {"{}", "application/json", ask},
		"/noise.mp3":                        {"0123456789", "audio/mpeg", ask},
		"/static/media/beep.cd009ec34935da07ea81.mp3": {"beep", "audio/mpeg", forever},
	} {
		w := get(a, path)
		require.Equal(t, 200, w.Code, path)
		require.Equal(t, want, [3]string{w.Body.String(), w.Header().Get("Content-Type"), w.Header().Get("Cache-Control")}, path)
		require.NotEmpty(t, w.Header().Get("Etag"))
	}
}

func TestEveryPageIsTheIndexButAMissingFileIsNot(t *testing.T) {
	a := open(t, build(t))
	for _, path := range []string{"/login", "/uif/view", "/uif/view/", "/static/", "/static/js", "/a b/é"} {
		w := get(a, path)
		require.Equal(t, 200, w.Code, path)
		require.Equal(t, index, w.Body.String(), path)
		require.Equal(t, "no-cache", w.Header().Get("Cache-Control"))
	}
	for _, path := range []string{"/static/js/main.11111111.js", "/missing.png", "/.env", "/static/.git/config", "/.", "/a/..%00.js", "/x\x00.js", "/../../etc/passwd.txt", "/.well-known/x"} {
		w := get(a, path)
		if path == "/." {
			require.Equal(t, index, w.Body.String())
			continue
		}
		require.Equal(t, 404, w.Code, path)
		require.JSONEq(t, `{"detail": "Not found."}`, w.Body.String())
		require.Equal(t, "no-store", w.Header().Get("Cache-Control"), "it may be there after an update")
	}
}

func TestNothingOutsideTheFolderIsServed(t *testing.T) {
	dir := build(t)
	outside := filepath.Join(t.TempDir(), "secret.txt")
	require.NoError(t, os.WriteFile(outside, []byte("secret"), 0o644))
	require.NoError(t, os.Symlink(outside, filepath.Join(dir, "link.txt")))
	require.NoError(t, os.Symlink("manifest.json", filepath.Join(dir, "inside.json")))
	a := open(t, dir)
	for _, path := range []string{"/link.txt", "/../" + filepath.Base(filepath.Dir(outside)) + "/secret.txt", outside, "//etc/passwd.txt"} {
		require.NotContains(t, get(a, path).Body.String(), "secret", path)
	}
	require.Equal(t, 200, get(a, "/inside.json").Code)
}

func TestAClientThatHasAFileIsTold(t *testing.T) {
	dir := build(t)
	a := open(t, dir)
	etag := get(a, "/").Header().Get("Etag")
	require.Equal(t, 304, get(a, "/login", "If-None-Match: "+etag).Code)
	packed := get(a, "/data.json", "Accept-Encoding: gzip").Header().Get("Etag")
	require.NotEqual(t, packed, get(a, "/data.json").Header().Get("Etag"))
	w := get(a, "/data.json", "Accept-Encoding: gzip", "If-None-Match: "+packed)
	require.Equal(t, 304, w.Code)
	require.Empty(t, w.Body)

	write(t, dir, "index.html", strings.Replace(index, "2233698c", "33336666", 1)) // as long as before
	require.NoError(t, os.Chtimes(filepath.Join(dir, "index.html"), time.Time{}, time.Now().Add(time.Hour)))
	w = get(a, "/", "If-None-Match: "+etag)
	require.Equal(t, 200, w.Code)
	require.Contains(t, w.Body.String(), "33336666")
}

func unpacked(t testing.TB, w *httptest.ResponseRecorder) string {
	z, err := gzip.NewReader(bytes.NewReader(w.Body.Bytes()))
	require.NoError(t, err)
	text, err := io.ReadAll(z)
	require.NoError(t, err)
	return string(text)
}

func TestTextIsCompressedForWhoAcceptsIt(t *testing.T) {
	dir := build(t)
	a := open(t, dir)
	const path = "/static/js/main.2233698c.js"
	for range 2 {
		w := get(a, path, "Accept-Encoding: gzip, deflate, br", "Range: bytes=0-3")
		require.Equal(t, 200, w.Code)
		require.Equal(t, "gzip", w.Header().Get("Content-Encoding"))
		require.Equal(t, "Accept-Encoding", w.Header().Get("Vary"))
		require.Equal(t, script, unpacked(t, w))
		require.NotEmpty(t, w.Header().Get("Content-Length"))
		require.Less(t, w.Body.Len(), len(script)/10)
	}
	for _, no := range []string{"", "identity", "gzip;q=0", "*;q=0"} {
		w := get(a, path, "Accept-Encoding: "+no)
		require.Empty(t, w.Header().Get("Content-Encoding"))
		require.Equal(t, script, w.Body.String())
	}
	require.Empty(t, get(a, "/", "Accept-Encoding: gzip").Header().Get("Content-Encoding"), "it is short")
	require.Empty(t, get(a, "/noise.mp3", "Accept-Encoding: gzip").Header().Get("Content-Encoding"))
	require.Equal(t, "234", get(a, "/noise.mp3", "Range: bytes=2-4").Body.String())

	write(t, dir, path+".br", "brotli")
	write(t, dir, path+".gz", "gzipped")
	for accepted, want := range map[string]string{"gzip, br": "brotli", "gzip": "gzipped", "br;q=0, *": "gzipped", "*": "brotli"} {
		require.Equal(t, want, get(a, path, "Accept-Encoding: "+accepted).Body.String(), accepted)
	}
	require.NoError(t, os.Chtimes(filepath.Join(dir, path+".br"), time.Time{}, time.Now().Add(-time.Hour)))
	require.Equal(t, "gzipped", get(a, path, "Accept-Encoding: gzip, br").Body.String(), "what is older than the file is not of the same build")
}

func TestManyMayAskForAFileAtOnce(t *testing.T) {
	a := open(t, build(t))
	done := make(chan string)
	for range 20 {
		go func() {
			done <- get(a, "/static/js/main.2233698c.js", "Accept-Encoding: gzip").Header().Get("Content-Encoding")
		}()
	}
	for range 20 {
		require.Equal(t, "gzip", <-done)
	}
}

func TestAFolderThatIsNoFrontendIsAnError(t *testing.T) {
	_, err := spa.Open(t.TempDir(), "")
	require.ErrorContains(t, err, "give the folder that its build made")
	_, err = spa.Open(filepath.Join(t.TempDir(), "none"), "")
	require.ErrorContains(t, err, "the frontend: ")
	dir := build(t)
	_, err = spa.Open(dir, "/love")
	require.ErrorContains(t, err, "the frontend was built for the path /, and not for /love: build it with PUBLIC_URL=/love")
	write(t, dir, "index.html", strings.ReplaceAll(index, `"/`, `"/love/`))
	_, err = spa.Open(dir, "")
	require.ErrorContains(t, err, "built for the path /love, and not for /")
	for page, prefix := range map[string]string{strings.ReplaceAll(index, `"/`, `"/love/`): "/love", "<p>": "/x", `<script src="static/a.js">`: "/x"} {
		write(t, dir, "index.html", page)
		a, err := spa.Open(dir, prefix)
		require.NoError(t, err)
		require.NoError(t, a.Close())
	}
}

// FuzzPath asks for all paths: none leads out of the folder, or fails.
func FuzzPath(f *testing.F) {
	dir := build(f)
	require.NoError(f, os.WriteFile(filepath.Join(filepath.Dir(dir), "outside.txt"), []byte("outside"), 0o644))
	a := open(f, dir)
	for _, path := range []string{"/", "/../outside.txt", "//x", "/static/js/main.2233698c.js", "/\x00", "/.env", "/...", "/a/../..", "\\..\\"} {
		f.Add(path)
	}
	f.Fuzz(func(t *testing.T, path string) {
		w := get(a, path, "Accept-Encoding: gzip")
		require.Contains(t, []int{200, 404}, w.Code)
		require.NotContains(t, w.Body.String(), "outside")
		require.NotContains(t, w.Body.String(), "SECRET")
	})
}
