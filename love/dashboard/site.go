package dashboard

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/rubin-love/love-go/internal/header"
)

//go:embed page
var embedded embed.FS

// entry is the module that the page starts with.
const entry = "app.js"

// pageSite is all that the page consists of.
type pageSite struct {
	hash  string           // of all files
	index *file            // at "/"
	inner *file            // the same at "/page/"
	files map[string]*file // by their path in the folder page
}

// site returns the files, read at the first request.
var site = sync.OnceValue(func() *pageSite {
	s := &pageSite{files: map[string]*file{}}
	sum := sha256.New()
	var index string
	err := fs.WalkDir(embedded, "page", func(at string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := embedded.ReadFile(at)
		name := strings.TrimPrefix(at, "page/")
		sum.Write([]byte(name + "\n"))
		sum.Write(content)
		if name == "index.html" {
			index = string(content)
		} else {
			s.files[name] = newFile(name, content)
		}
		return err
	})
	if err != nil {
		panic(err) // the files are part of the program
	}
	s.hash = hex.EncodeToString(sum.Sum(nil))[:12]
	modules := s.imports(entry)
	s.index = newFile("index.html", indexPage(index, "page/"+s.hash, modules))
	s.inner = newFile("index.html", indexPage(index, s.hash, modules))
	return s
})

// importFrom finds what a module imports before it runs. Files are written so that it does
// not find more: a test loads them all.
var importFrom = regexp.MustCompile(`(?m)(?:^|[;}])(?:import|export)\s*(?:[\w$*{][^'"();]*from\s*)?["'](\.[^'"]+)["']`)

// imports returns a module and all that it needs in order to run, in the order of their
// names.
func (s *pageSite) imports(name string) []string {
	found := map[string]bool{}
	var visit func(name string)
	visit = func(name string) {
		f := s.files[name]
		if f == nil || found[name] {
			return
		}
		found[name] = true
		for _, m := range importFrom.FindAllSubmatch(f.plain, -1) {
			visit(path.Join(path.Dir(name), string(m[1])))
		}
	}
	visit(name)
	var all []string
	for name := range found {
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}

// The values of Cache-Control.
const (
	ask     = "no-cache" // ask each time whether it has changed
	forever = "public, max-age=31536000, immutable"
)

// file is one file.
type file struct {
	plain      []byte
	packed     func() []byte // compressed at the first call; nil if that would not be smaller
	kind, etag string
}

func newFile(name string, content []byte) *file {
	sum := sha256.Sum256(content)
	f := &file{plain: content, etag: hex.EncodeToString(sum[:8]), kind: mime.TypeByExtension(path.Ext(name))}
	switch path.Ext(name) { // whatever the machine's own table says
	case ".js":
		f.kind = "text/javascript; charset=utf-8"
	case ".css":
		f.kind = "text/css; charset=utf-8"
	case ".html":
		f.kind = "text/html; charset=utf-8"
	case ".txt":
		f.kind = "text/plain; charset=utf-8"
	case ".json":
		f.kind = "application/json"
	}
	f.packed = sync.OnceValue(func() []byte { return pack(content) })
	return f
}

// pack compresses, and returns nil if that would not be smaller.
func pack(content []byte) []byte {
	var packed bytes.Buffer
	z, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		panic(err) // the level is valid
	}
	_, _ = z.Write(content) // memory takes everything
	_ = z.Close()
	if packed.Len() >= len(content) {
		return nil
	}
	return packed.Bytes()
}

// serve answers with the file.
func (f *file) serve(w http.ResponseWriter, r *http.Request, caching string) {
	h := w.Header()
	h.Set("Content-Type", f.kind)
	h.Set("Cache-Control", caching)
	content, etag := f.plain, f.etag
	h.Add("Vary", "Accept-Encoding")
	if accepted, _ := header.Accepts(r.Header, "Accept-Encoding", "gzip"); accepted {
		if packed := f.packed(); packed != nil {
			h.Set("Content-Encoding", "gzip")
			content, etag = packed, f.etag+"-gzip"
			r = r.Clone(r.Context())
			r.Header.Del("Range") // which would be one of the packed bytes
		}
	}
	h.Set("Etag", `"`+etag+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
}
