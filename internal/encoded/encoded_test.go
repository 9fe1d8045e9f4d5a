package encoded_test

import (
	"compress/gzip"
	"io"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/encoded"
)

var long = []byte(`{"text":"` + strings.Repeat("long ", 1000) + `"}`)

func ask(t *testing.T, c *encoded.Cache, body []byte, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", "/", nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	require.NoError(t, c.Serve(w, r, "key", body))
	return w
}

func TestCompressesForWhoeverAcceptsIt(t *testing.T) {
	var c encoded.Cache
	for header, zipped := range map[string]bool{
		"gzip": true, "deflate, gzip;q=0.5": true, "*": true, "GZIP": true,
		"": false, "identity": false, "gzip;q=0": false, "gzip; q=0.000": false, "br": false,
	} {
		w := ask(t, &c, long, "Accept-Encoding", header)
		require.Equal(t, 200, w.Code)
		require.Equal(t, "Accept-Encoding", w.Header().Get("Vary"))
		body := io.Reader(w.Body)
		if zipped {
			require.Equal(t, "gzip", w.Header().Get("Content-Encoding"), header)
			z, err := gzip.NewReader(body)
			require.NoError(t, err)
			body = z
		} else {
			require.Empty(t, w.Header().Get("Content-Encoding"), header)
		}
		got, err := io.ReadAll(body)
		require.NoError(t, err)
		require.Equal(t, long, got)
	}
}

func TestWhatTheClientHasIsNotSentAgain(t *testing.T) {
	var c encoded.Cache
	tag := ask(t, &c, long).Header().Get("Etag")
	require.NotEmpty(t, tag)
	for _, header := range []string{tag, `"x", ` + tag, "*", strings.TrimPrefix(tag, "W/")} {
		w := ask(t, &c, long, "If-None-Match", header)
		require.Equal(t, 304, w.Code, header)
		require.Empty(t, w.Body.Bytes())
		require.Equal(t, tag, w.Header().Get("Etag"))
	}
	require.Equal(t, 200, ask(t, &c, long, "If-None-Match", `"x"`).Code)
}

func TestAChangedDocumentHasAnotherTag(t *testing.T) {
	var c encoded.Cache
	tag := ask(t, &c, long).Header().Get("Etag")
	w := ask(t, &c, []byte(`{}`), "If-None-Match", tag, "Accept-Encoding", "gzip")
	require.Equal(t, 200, w.Code)
	require.Equal(t, `{}`, w.Body.String(), "short ones are not compressed")
	require.NotEqual(t, tag, w.Header().Get("Etag"))
}
