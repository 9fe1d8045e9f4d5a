// Package encoded answers HTTP requests with long JSON documents that seldom
// change: with an ETag, and compressed once.
package encoded

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

const (
	// maxDocuments bounds the cache: there are a few documents, in a few
	// variants.
	maxDocuments = 32
	// worthwhile is the size in bytes from which compressing pays.
	worthwhile = 256
)

// Cache keeps the compressed form of documents. The zero value is ready; it is
// safe for concurrent use.
type Cache struct {
	mu        sync.Mutex
	documents map[string]*document
}

// document is a body with its tag and its compressed form.
type document struct {
	once   sync.Once
	body   []byte
	tag    string
	zipped []byte // nil if that is not worth it
}

// Serve answers with a document and status 200, or with 304 if the client has
// it already. The key tells documents apart. The body may differ from the one
// kept under the key, which it then replaces; it must not be modified after
// the call.
func (c *Cache) Serve(w http.ResponseWriter, r *http.Request, key string, body []byte) error {
	d := c.document(key, body)
	d.once.Do(d.encode)
	h := w.Header()
	h.Set("Etag", d.tag)
	h.Add("Vary", "Accept-Encoding")
	if matches(r.Header.Get("If-None-Match"), d.tag) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	h.Set("Content-Type", "application/json")
	if d.zipped != nil && acceptsGzip(r.Header) {
		h.Set("Content-Encoding", "gzip")
		body = d.zipped
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return nil
	}
	_, err := w.Write(body)
	return err
}

// Holds reports whether the body is the one last served under the key.
func (c *Cache) Holds(key string, body []byte) bool {
	c.mu.Lock()
	known := c.documents[key]
	c.mu.Unlock()
	return known != nil && bytes.Equal(known.body, body)
}

func (c *Cache) document(key string, body []byte) *document {
	c.mu.Lock()
	known := c.documents[key]
	c.mu.Unlock()
	// Comparing is immediate for the same memory, and fast otherwise.
	if known != nil && bytes.Equal(known.body, body) {
		return known
	}
	d := &document{body: body}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.documents == nil || len(c.documents) >= maxDocuments && c.documents[key] == nil {
		c.documents = map[string]*document{}
	}
	c.documents[key] = d
	return d
}

// encode sets the rest. The tag is weak, because both encodings have the same one.
func (d *document) encode() {
	sum := sha256.Sum256(d.body)
	d.tag = `W/"` + hex.EncodeToString(sum[:12]) + `"`
	if len(d.body) < worthwhile {
		return
	}
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write(d.body) // a buffer takes everything
	_ = z.Close()
	d.zipped = b.Bytes()
}

// matches reports whether an If-None-Match header names the tag.
func matches(header, tag string) bool {
	for t := range strings.SplitSeq(header, ",") {
		if t = strings.TrimSpace(t); t == "*" || t == tag || "W/"+t == tag {
			return true
		}
	}
	return false
}

// acceptsGzip reports whether the client accepts gzip.
func acceptsGzip(h http.Header) bool {
	for _, line := range h.Values("Accept-Encoding") {
		for coding := range strings.SplitSeq(line, ",") {
			name, quality, _ := strings.Cut(coding, ";")
			name = strings.ToLower(strings.TrimSpace(name))
			if (name == "gzip" || name == "*") && !isZero(quality) {
				return true
			}
		}
	}
	return false
}

// isZero reports whether a quality is "q=0", in any spelling.
func isZero(quality string) bool {
	_, value, ok := strings.Cut(strings.ReplaceAll(strings.ToLower(quality), " ", ""), "q=")
	if !ok {
		return false
	}
	q, err := strconv.ParseFloat(value, 64)
	return err == nil && q == 0
}
