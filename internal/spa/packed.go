package spa

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"path"
	"sync"
	"time"

	"github.com/rubin-love/love-go/internal/header"
)

// What is kept in memory, in bytes.
const (
	maxPacked = 64 << 20 // of all files that were compressed here
	minFile   = 1 << 10  // smaller ones are not compressed
	maxFile   = 32 << 20 // nor larger ones
)

// packed is a file in a content coding.
type packed struct {
	io.ReadSeeker
	coding string
	size   int64
	close  func() error
}

func (p *packed) Close() {
	if p.close != nil {
		_ = p.close() // it was only read
	}
}

// codings are the content codings for which a build may leave a file beside the
// original, the better ones first.
var codings = []struct{ name, extension string }{{"br", ".br"}, {"gzip", ".gz"}}

// packed returns a file in the best coding that the client accepts and that there is,
// or nil for none.
func (a *App) packed(r *http.Request, f *file, known *content) *packed {
	for _, c := range codings {
		if !accepts(r.Header, c.name) {
			continue
		}
		beside, err := a.open(f.name + c.extension)
		if err == nil && !beside.info.ModTime().Before(f.info.ModTime()) { // else it is of an earlier build
			return &packed{beside, c.name, beside.info.Size(), beside.Close}
		}
		if err == nil {
			beside.Close()
		}
		if c.name == "gzip" && known.gzip != nil {
			return &packed{bytes.NewReader(known.gzip), c.name, int64(len(known.gzip)), nil}
		}
	}
	return nil
}

// accepts reports whether the client accepts a coding. A value for the coding itself
// takes precedence over that for all codings.
func accepts(h http.Header, coding string) bool {
	for _, name := range []string{coding, "*"} {
		if accepted, named := header.Accepts(h, "Accept-Encoding", name); named {
			return accepted
		}
	}
	return false
}

// content is what is known of a file.
type content struct {
	modified time.Time
	size     int64
	once     sync.Once
	etag     string
	gzip     []byte // nil: it does not pay
	err      error
}

// cache has what is known of files, by name.
type cache struct {
	mu    sync.Mutex
	files map[string]*content
	bytes int64 // of what was compressed
}

// get returns what is known of a file, and finds it out for one that is new or has
// changed. The first request for a file waits until it is compressed.
func (c *cache) get(f *file) (*content, error) {
	c.mu.Lock()
	known := c.files[f.name]
	if known == nil || !known.modified.Equal(f.info.ModTime()) || known.size != f.info.Size() {
		if known != nil {
			c.bytes -= int64(len(known.gzip))
		}
		known = &content{modified: f.info.ModTime(), size: f.info.Size()}
		if c.files == nil {
			c.files = map[string]*content{}
		}
		c.files[f.name] = known
	}
	c.mu.Unlock()
	known.once.Do(func() { c.read(known, f) })
	return known, known.err
}

// read finds out what get returns.
func (c *cache) read(known *content, f *file) {
	sum := sha256.New()
	var b bytes.Buffer
	to := io.Writer(sum)
	pack := compressible(f.name) && known.size >= minFile && known.size <= maxFile
	z := gzip.NewWriter(&b)
	if pack {
		to = io.MultiWriter(sum, z)
	}
	if _, known.err = io.Copy(to, f); known.err == nil {
		_, known.err = f.Seek(0, io.SeekStart)
	}
	_ = z.Close() // a buffer takes everything
	known.etag = hex.EncodeToString(sum.Sum(nil)[:12])
	c.mu.Lock()
	defer c.mu.Unlock()
	switch size := int64(b.Len()); {
	case c.files[f.name] != known: // it has changed already
	case known.err != nil:
		delete(c.files, f.name)
	case pack && size < known.size && c.bytes+size <= maxPacked:
		known.gzip = b.Bytes()
		c.bytes += size
	}
}

// types are those of a frontend's files. The tables of machines differ.
var types = map[string]string{
	".css": "text/css; charset=utf-8", ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".mjs": "text/javascript; charset=utf-8",
	".json": "application/json", ".map": "application/json", ".geojson": "application/geo+json", ".topojson": "application/json",
	".webmanifest": "application/manifest+json", ".txt": "text/plain; charset=utf-8", ".md": "text/plain; charset=utf-8", ".xml": "application/xml",
	".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif", ".webp": "image/webp", ".ico": "image/x-icon",
	".mp3": "audio/mpeg", ".ogg": "audio/ogg", ".wav": "audio/wav", ".wasm": "application/wasm",
	".ttf": "font/ttf", ".otf": "font/otf", ".woff": "font/woff", ".woff2": "font/woff2",
}

// typeOf returns the media type of a file.
func typeOf(name string) string {
	if t, ok := types[path.Ext(name)]; ok {
		return t
	}
	return "application/octet-stream"
}

// compressible reports whether a file is of a kind that compressing makes smaller.
func compressible(name string) bool {
	switch path.Ext(name) {
	case ".css", ".html", ".js", ".mjs", ".json", ".map", ".geojson", ".topojson", ".webmanifest", ".txt", ".md", ".xml", ".svg", ".wasm", ".ttf", ".otf":
		return true
	}
	return false
}
