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
	// maxDocuments bounds what is kept: there are a few documents, in a few
	// choices of their parts.
	maxDocuments = 32
	// worthwhile is the size from which on compressing pays, in bytes.
	worthwhile = 256
)

// Cache keeps the compressed form of documents. The zero value is ready; it is
// safe for concurrent use.
type Cache struct {
	mu        sync.Mutex
	documents map[string]*document
}

// document is a body with what is derived from it.
type document struct {
	once   sync.Once
	body   []byte
	tag    string
	zipped []byte // nil if that is not worth it
}

// Serve writes a document of status 200, or that the client has it already.
// The key tells documents apart; the body is compared with what is kept for
// it, so it may change at any time. It must not be modified afterwards.
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

// Holds tells whether the body is what was served under the key last.
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
	// The comparison is at once for the same memory, and fast for other.
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

// encode derives the rest. The tag is weak: it is the same for both encodings.
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

// matches tells whether an If-None-Match header names the tag.
func matches(header, tag string) bool {
	for t := range strings.SplitSeq(header, ",") {
		if t = strings.TrimSpace(t); t == "*" || t == tag || "W/"+t == tag {
			return true
		}
	}
	return false
}

// acceptsGzip tells whether the client can take gzip.
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

// isZero tells whether a quality is "q=0", in any spelling.
func isZero(quality string) bool {
	_, value, ok := strings.Cut(strings.ReplaceAll(strings.ToLower(quality), " ", ""), "q=")
	if !ok {
		return false
	}
	q, err := strconv.ParseFloat(value, 64)
	return err == nil && q == 0
}
