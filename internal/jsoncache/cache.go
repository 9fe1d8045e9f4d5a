// Package jsoncache answers HTTP requests with large JSON documents that rarely
// change: with an ETag, so that a client that has the document gets status 304,
// and compressed once for all clients that accept gzip.
package jsoncache

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"sync"

	"github.com/rubin-love/love-go/internal/header"
)

const (
	// maxDocuments is the most documents in the cache.
	maxDocuments = 1024
	// maxBytes is how much memory the documents may take together, with their
	// compressed forms. The key may come from a client, so limiting their number is not enough.
	maxBytes = 64 << 20
	// minCompressed is the size in bytes from which compressing pays.
	minCompressed = 256
)

// Cache keeps the compressed form of documents. The zero value is ready; it is
// safe for concurrent use.
type Cache struct {
	mu        sync.Mutex
	documents map[string]*document
	bytes     int // of the documents
}

// document is a body with its ETag and its compressed form.
type document struct {
	body    []byte
	version int64 // see Body; guarded by Cache.mu

	hashing sync.Once
	etag    string // once it was asked for

	compressing sync.Once
	compressed  []byte // once it was asked for; nil if compressing does not pay
}

// Serve answers with the document called key and status 200, or with 304 if the
// client has it already. A body that differs from the one kept under the key
// replaces it. body must not be modified after the call. The error is that of
// writing to w.
func (c *Cache) Serve(w http.ResponseWriter, r *http.Request, key string, body []byte) error {
	d := c.document(key, body)
	d.hashing.Do(d.hash)
	h := w.Header()
	h.Set("Etag", d.etag)
	h.Add("Vary", "Accept-Encoding")
	if matches(r.Header, d.etag) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	h.Set("Content-Type", "application/json")
	if acceptsGzip(r.Header) {
		if d.compressing.Do(d.compress); d.compressed != nil {
			h.Set("Content-Encoding", "gzip")
			body = d.compressed
		}
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return nil
	}
	_, err := w.Write(body)
	return err
}

// Body returns the body of the document called key as of a version: the one that is kept,
// or the one that read returns, which is then kept. An error of read is returned.
func (c *Cache) Body(key string, version int64, read func() ([]byte, error)) ([]byte, error) {
	c.mu.Lock()
	known := c.documents[key]
	if known != nil && known.version == version {
		c.mu.Unlock()
		return known.body, nil
	}
	c.mu.Unlock()
	body, err := read()
	if err != nil {
		return nil, err
	}
	d := c.document(key, body)
	c.mu.Lock()
	defer c.mu.Unlock()
	d.version = version
	return d.body, nil
}

// Has reports whether body is the one last served under the key, so that
// a caller need not check it again.
func (c *Cache) Has(key string, body []byte) bool {
	c.mu.Lock()
	known := c.documents[key]
	c.mu.Unlock()
	return known != nil && bytes.Equal(known.body, body)
}

func (c *Cache) document(key string, body []byte) *document {
	c.mu.Lock()
	known := c.documents[key]
	c.mu.Unlock()
	// bytes.Equal is immediate for the same memory, and fast otherwise.
	if known != nil && bytes.Equal(known.body, body) {
		return known
	}
	d := &document{body: body}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.keep(key, d)
	return d
}

// keep puts a document into the cache, unless it is too large. If the cache is full, some
// others make room.
func (c *Cache) keep(key string, d *document) {
	if old := c.documents[key]; old != nil {
		c.bytes -= old.memory()
		delete(c.documents, key)
	}
	if d.memory() > maxBytes {
		return
	}
	if c.documents == nil {
		c.documents = map[string]*document{}
	}
	for other, old := range c.documents { // in no order
		if len(c.documents) < maxDocuments && c.bytes+d.memory() <= maxBytes {
			break
		}
		c.bytes -= old.memory()
		delete(c.documents, other)
	}
	c.documents[key] = d
	c.bytes += d.memory()
}

// memory returns how much memory the document takes at most, in bytes: the compressed
// form is made later, and is not larger.
func (d *document) memory() int { return 2 * len(d.body) }

// hash sets the ETag, which is weak because both encodings share it.
func (d *document) hash() {
	sum := sha256.Sum256(d.body)
	d.etag = `W/"` + hex.EncodeToString(sum[:12]) + `"`
}

// compress sets the compressed form, unless the document is short.
func (d *document) compress() {
	if len(d.body) < minCompressed {
		return
	}
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write(d.body) // a buffer takes everything
	_ = z.Close()
	d.compressed = b.Bytes()
}

// matches reports whether If-None-Match names the ETag.
func matches(h http.Header, etag string) bool {
	for t := range header.List(h, "If-None-Match") {
		if t == "*" || t == etag || "W/"+t == etag {
			return true
		}
	}
	return false
}

// acceptsGzip reports whether the client accepts gzip. A value for gzip itself
// takes precedence over that for all codings.
func acceptsGzip(h http.Header) bool {
	for _, coding := range []string{"gzip", "x-gzip", "*"} {
		if accepted, named := header.Accepts(h, "Accept-Encoding", coding); named {
			return accepted
		}
	}
	return false
}
