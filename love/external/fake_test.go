package external_test

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// fake is a service outside. It keeps what it is asked, and answers {"path": …} unless a
// test says otherwise.
type fake struct {
	*httptest.Server
	mu      sync.Mutex
	seen    []asked
	answers map[string]http.HandlerFunc // by method and path
}

type asked struct {
	method, path, query, body string
	header                    http.Header
}

func newFake(t *testing.T) *fake {
	f := &fake{answers: map[string]http.HandlerFunc{}}
	f.Server = httptest.NewServer(http.HandlerFunc(f.serve))
	t.Cleanup(f.Close)
	return f
}

func (f *fake) serve(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body) // the client may have gone
	f.mu.Lock()
	f.seen = append(f.seen, asked{r.Method, r.URL.Path, r.URL.RawQuery, string(body), r.Header.Clone()})
	answer := f.answers[r.Method+" "+r.URL.Path]
	f.mu.Unlock()
	if answer != nil {
		r.Body = io.NopCloser(bytes.NewReader(body))
		answer(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"path": %q}`, r.URL.Path)
}

// on sets what answers a path, "GET /exposurelog/messages".
func (f *fake) on(what string, answer http.HandlerFunc) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answers[what] = answer
}

// answer sets the answer to a path.
func (f *fake) answer(what string, status int, body string) {
	f.on(what, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	})
}

// asked returns all requests so far.
func (f *fake) asked() []asked {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.seen)
}

// only returns the one request so far, and forgets it.
func (f *fake) only(t *testing.T) asked {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	require.Len(t, f.seen, 1)
	one := f.seen[0]
	f.seen = nil
	return one
}

// formData is a form as the LOVE-frontend fills it: values, and files by name.
type formData struct {
	values map[string]string
	files  map[string]string
}

func (f formData) encode(t testing.TB) (contentType, body string) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for name, value := range f.values {
		require.NoError(t, w.WriteField(name, value))
	}
	for name, content := range f.files {
		part, err := w.CreateFormFile("file[]", name)
		require.NoError(t, err)
		_, err = io.WriteString(part, content)
		require.NoError(t, err)
	}
	require.NoError(t, w.WriteField("file[]", "undefined")) // what a browser makes of no file
	require.NoError(t, w.Close())
	return w.FormDataContentType(), b.String()
}
