package jsoncache_test

import (
	"compress/gzip"
	"io"
	"net/http/httptest"
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
