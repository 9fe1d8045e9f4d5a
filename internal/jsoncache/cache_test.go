package jsoncache_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/jsoncache"
)

var document = []byte(`{"text":"` + strings.Repeat("long ", 1000) + `"}`)

func get(t *testing.T, c *jsoncache.Cache, body []byte, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", "/", nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	require.NoError(t, c.Serve(w, r, "key", body))
	return w
}

func TestADocumentIsCompressedForClientsThatAcceptIt(t *testing.T) {
	var c jsoncache.Cache
	for header, compressed := range map[string]bool{
		"gzip": true, "deflate, gzip;q=0.5": true, "*": true, "GZIP": true,
		"x-gzip": true, "*;q=0, gzip": true, "gzip, *;q=0": true,
		"gzip;q=0, *": false, "*, gzip;q=0": false, "*;q=0": false,
		"": false, "identity": false, "gzip;q=0": false, "gzip; q=0.000": false, "br": false,
	} {
		w := get(t, &c, document, "Accept-Encoding", header)
		require.Equal(t, 200, w.Code)
		require.Equal(t, "Accept-Encoding", w.Header().Get("Vary"))
		body := io.Reader(w.Body)
		if compressed {
			require.Equal(t, "gzip", w.Header().Get("Content-Encoding"), header)
			z, err := gzip.NewReader(body)
			require.NoError(t, err)
			body = z
		} else {
			require.Empty(t, w.Header().Get("Content-Encoding"), header)
		}
		got, err := io.ReadAll(body)
		require.NoError(t, err)
		require.Equal(t, document, got)
	}
}

func TestTheEncodingsOfAClientMayStandInSeveralLines(t *testing.T) {
	var c jsoncache.Cache
	require.Equal(t, "gzip", get(t, &c, document, "Accept-Encoding", "br", "Accept-Encoding", "gzip").Header().Get("Content-Encoding"))
	require.Empty(t, get(t, &c, document, "Accept-Encoding", "*", "Accept-Encoding", "gzip;q=0").Header().Get("Content-Encoding"))
}

func TestADocumentThatTheClientHasIsNotSentAgain(t *testing.T) {
	var c jsoncache.Cache
	tag := get(t, &c, document).Header().Get("Etag")
	require.NotEmpty(t, tag)
	for _, header := range []string{tag, `"x", ` + tag, "*", strings.TrimPrefix(tag, "W/")} {
		w := get(t, &c, document, "If-None-Match", header)
		require.Equal(t, 304, w.Code, header)
		require.Empty(t, w.Body.Bytes())
		require.Equal(t, tag, w.Header().Get("Etag"))
	}
	require.Equal(t, 304, get(t, &c, document, "If-None-Match", `"x"`, "If-None-Match", tag).Code, "a list in two lines")
	require.Equal(t, 304, get(t, &c, document, "If-None-Match", `"x, y", `+tag).Code, "a comma in a tag")
	require.Equal(t, 200, get(t, &c, document, "If-None-Match", `"x"`).Code)
}

func TestAChangedDocumentHasAnotherETag(t *testing.T) {
	var c jsoncache.Cache
	tag := get(t, &c, document).Header().Get("Etag")
	w := get(t, &c, []byte(`{}`), "If-None-Match", tag, "Accept-Encoding", "gzip")
	require.Equal(t, 200, w.Code)
	require.Equal(t, `{}`, w.Body.String(), "short ones are not compressed")
	require.NotEqual(t, tag, w.Header().Get("Etag"))
}

// The keys may come from clients, and the documents be large.
func TestTheMemoryOfTheCacheIsBounded(t *testing.T) {
	var c jsoncache.Cache
	large := func(n int, last string) []byte { return append(bytes.Repeat([]byte{' '}, n), last...) }
	serve := func(key string, body []byte) {
		require.NoError(t, c.Serve(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil), key, body))
	}
	kept := func() (n int) {
		for i := range 10 {
			if c.Has(strconv.Itoa(i), large(10<<20, strconv.Itoa(i))) {
				n++
			}
		}
		return n
	}
	for i := range 10 {
		serve(strconv.Itoa(i), large(10<<20, strconv.Itoa(i)))
		require.LessOrEqual(t, kept(), 3, "of 10 MiB, with room for the compressed form")
		require.True(t, c.Has(strconv.Itoa(i), large(10<<20, strconv.Itoa(i))), "the last one is there")
	}
	huge := large(33<<20, "1")
	serve("huge", huge)
	require.False(t, c.Has("huge", huge), "it would leave no room for others")
	for i := range 100 {
		serve("same", large(i<<10, "1"))
	}
	require.NotZero(t, kept(), "a document that is replaced takes its place once")
}

func TestABodyIsReadOncePerVersion(t *testing.T) {
	var c jsoncache.Cache
	reads := 0
	body := func(version int64, text string) string {
		b, err := c.Body("key", version, func() ([]byte, error) {
			reads++
			return []byte(text), nil
		})
		require.NoError(t, err)
		return string(b)
	}
	require.Equal(t, "a", body(1, "a"))
	require.Equal(t, "a", body(1, "b"))
	require.Equal(t, 1, reads)
	require.Equal(t, "a", body(2, "a"), "another version of the same text")
	require.Equal(t, "a", body(2, "b"))
	require.Equal(t, "b", body(3, "b"))
	require.Equal(t, 3, reads)
	_, err := c.Body("key", 4, func() ([]byte, error) { return nil, io.ErrUnexpectedEOF })
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.Equal(t, "b", body(3, "c"), "the older version stays")
}
