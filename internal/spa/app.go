// Package spa serves a built single-page application out of a folder: its files, with
// caching and compression, and its index.html for every other page.
package spa

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/rubin-love/love-go/internal/httpapi"
)

const indexName = "index.html"

// App is an http.Handler for GET and HEAD. It is safe for concurrent use. A file that
// changes meanwhile is served as it is then.
type App struct {
	root  *os.Root
	cache cache
}

// Open opens the application in a folder, which must have an index.html. prefix is the
// path below which it is served, such as "/love"; requests come without it. The error
// says what is wrong with the folder.
func Open(dir, prefix string) (*App, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("the frontend: %w", err)
	}
	index, err := fs.ReadFile(root.FS(), indexName)
	if err != nil {
		err = fmt.Errorf("the frontend: give the folder that its build made: %w", err)
	} else {
		err = checkPrefix(index, prefix)
	}
	if err != nil {
		return nil, errors.Join(err, root.Close())
	}
	return &App{root: root}, nil
}

// Close closes the folder.
func (a *App) Close() error { return a.root.Close() }

// builtFor finds the path from which a page of Create React App loads its files.
var builtFor = regexp.MustCompile(`(?:src|href)="(/(?:[^"]*/)?)static/`)

// checkPrefix returns an error if an application was built for another path.
func checkPrefix(index []byte, prefix string) error {
	found := builtFor.FindSubmatch(index)
	if found == nil { // relative paths, or another kind of build
		return nil
	}
	have, want := strings.Trim(string(found[1]), "/"), strings.Trim(prefix, "/")
	if have != want {
		return fmt.Errorf("the frontend was built for the path /%s, and not for /%s: build it with PUBLIC_URL=/%s", have, want, want)
	}
	return nil
}

var errNotFound = httpapi.RefuseDetail(http.StatusNotFound, "Not found.")

// ServeHTTP implements http.Handler.
func (a *App) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f, err := a.find(r.URL.Path)
	if err != nil {
		_ = errNotFound.Write(w) // the client may have gone
		return
	}
	defer f.Close()
	a.serve(w, r, f)
}

// file is an open file of the application.
type file struct {
	*os.File
	name string
	info fs.FileInfo
}

// find opens the file for a path. A path that names no file is a page of the
// application, unless it has an extension: a page must not come in place of a script.
func (a *App) find(at string) (*file, error) {
	name := strings.TrimPrefix(path.Clean("/"+at), "/")
	for part := range strings.SplitSeq(name, "/") {
		if strings.HasPrefix(part, ".") { // what tools leave behind
			return nil, fs.ErrNotExist
		}
	}
	if name == "" {
		name = indexName
	}
	f, err := a.open(name)
	if err != nil && path.Ext(name) == "" {
		return a.open(indexName)
	}
	return f, err
}

// open opens a file, which must be one.
func (a *App) open(name string) (*file, error) {
	f, err := a.root.Open(name)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fs.ErrNotExist
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &file{f, name, info}, nil
}

// hashed finds the names of files whose content never changes: a build puts a hash into
// them.
var hashed = regexp.MustCompile(`[.-][0-9a-f]{8,}\.[^/]*$`)

// serve answers with a file.
func (a *App) serve(w http.ResponseWriter, r *http.Request, f *file) {
	h := w.Header()
	known, err := a.cache.get(f)
	if err != nil {
		_ = httpapi.RefuseDetail(http.StatusInternalServerError, "The file could not be read.").Write(w)
		return
	}
	h.Set("Content-Type", typeOf(f.name))
	h.Set("Cache-Control", "no-cache") // ask each time whether it has changed
	if hashed.MatchString(f.name) {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	etag := known.etag
	if compressible(f.name) {
		h.Add("Vary", "Accept-Encoding")
		if packed := a.packed(r, f, known); packed != nil {
			defer packed.Close()
			h.Set("Content-Encoding", packed.coding)
			h.Set("Content-Length", strconv.FormatInt(packed.size, 10))
			h.Set("Etag", `"`+etag+"-"+packed.coding+`"`)
			r = r.Clone(r.Context())
			r.Header.Del("Range") // which would be one of the packed bytes
			http.ServeContent(w, r, "", time.Time{}, packed)
			return
		}
	}
	h.Set("Etag", `"`+etag+`"`)
	http.ServeContent(w, r, "", time.Time{}, f)
}
