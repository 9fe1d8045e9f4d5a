package commanderhttp_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/commander/commanderhttp"
)

// read reads an answer, and returns the codes of its progress.
func read(t *testing.T, contentType string, body io.Reader, limit int) (r commanderhttp.Response, codes []int, err error) {
	ctx := commander.WithProgress(t.Context(), func(p love.Progress) { codes = append(codes, p.Code) })
	r, err = commanderhttp.ReadResponse(ctx, &http.Response{
		StatusCode: 201, Header: http.Header{"Content-Type": {contentType}}, Body: io.NopCloser(body),
	}, limit)
	return r, codes, err
}

const (
	jsonType = "application/json"
	line300  = `{"progress":{"code":300,"name":"CMD_ACK"}}` + "\n"
	line301  = `{"progress":{"code":301,"name":"CMD_INPROGRESS"}}` + "\n"
	lastLine = `{"status":504,"body":{"ack": "too  slow"}}` + "\n"
)

func TestReadResponse_ReadsBothForms(t *testing.T) {
	for _, c := range []struct {
		contentType, body string
		want              commanderhttp.Response
		codes             []int
	}{
		{jsonType, `{"ack": 1}`, commanderhttp.Response{Status: 201, Body: []byte(`{"ack": 1}`)}, nil},
		{"text/html", lastLine, commanderhttp.Response{Status: 201, Body: []byte(lastLine)}, nil},
		{commanderhttp.ProgressType, line300 + "{}\n" + line301 + lastLine, commanderhttp.Response{Status: 504, Body: []byte(`{"ack": "too  slow"}`)}, []int{300, 301}},
		{commanderhttp.ProgressType + "; charset=utf-8", lastLine + line301, commanderhttp.Response{Status: 504, Body: []byte(`{"ack": "too  slow"}`)}, nil},
		{commanderhttp.ProgressType, line300 + "<p>\n" + lastLine, commanderhttp.Response{Status: 200, Body: []byte(`<p>`)}, []int{300}},
		{commanderhttp.ProgressType, `{"status":504,"body":{"ack":"late","x":[NaN,-Infinity]}}`, commanderhttp.Response{Status: 504, Body: []byte(`{"ack":"late","x":[null,null]}`)}, nil},
		{commanderhttp.ProgressType, `{"progress":{"code":301,"timeout":NaN}}` + "\n" + lastLine, commanderhttp.Response{Status: 504, Body: []byte(`{"ack": "too  slow"}`)}, []int{301}},
	} {
		r, codes, err := read(t, c.contentType, strings.NewReader(c.body), 1000)
		require.NoError(t, err)
		require.Equal(t, c.want, r)
		require.Equal(t, c.codes, codes)
	}
}

func TestReadResponse_ReadsWhenToTryAgain(t *testing.T) {
	for header, want := range map[string]time.Duration{
		"": 0, "1": time.Second, "120": 2 * time.Minute, "-1": 0, "soon": 0, "99999999999999999999": 0, "Wed, 21 Oct 2026 07:28:00 GMT": 0,
	} {
		r, err := commanderhttp.ReadResponse(t.Context(), &http.Response{
			StatusCode: 503, Header: http.Header{"Retry-After": {header}}, Body: io.NopCloser(strings.NewReader(`{"ack":"busy"}`)),
		}, 100)
		require.NoError(t, err)
		require.Equal(t, want, r.RetryAfter)
	}
}

func TestReadResponse_LimitsBothForms(t *testing.T) {
	object := `{"ack":"` + strings.Repeat("x", 90) + `"}`
	long := `{"status":200,"body":` + object + "}\n"
	for name, c := range map[string]struct {
		contentType, body string
		limit             int
		want              error
	}{
		"as long as allowed":       {jsonType, object, len(object), nil},
		"a byte too long":          {jsonType, object, len(object) - 1, commanderhttp.ErrTooLong},
		"lines as long as allowed": {commanderhttp.ProgressType, line300 + long, len(line300 + long), nil},
		"a line too long":          {commanderhttp.ProgressType, long, 50, commanderhttp.ErrTooLong},
		"much progress":            {commanderhttp.ProgressType, strings.Repeat(line301, 100) + lastLine, len(line301), nil},
		"a line that never ends":   {commanderhttp.ProgressType, line301 + strings.Repeat("x", 100), len(line301), commanderhttp.ErrTooLong},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := read(t, c.contentType, strings.NewReader(c.body), c.limit)
			require.Equal(t, c.want, err)
		})
	}
}

func TestReadResponse_ReportsTheErrorOfTheConnection(t *testing.T) {
	lost := errors.New("lost")
	for _, contentType := range []string{jsonType, commanderhttp.ProgressType} {
		_, _, err := read(t, contentType, io.MultiReader(strings.NewReader(line300), errorReader{lost}), 1000)
		require.ErrorIs(t, err, lost)
	}
	_, codes, err := read(t, commanderhttp.ProgressType, strings.NewReader(line300), 1000)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.Equal(t, []int{300}, codes)
}

type errorReader struct{ err error }

func (r errorReader) Read([]byte) (int, error) { return 0, r.err }

func TestProgressWriter_WritesNothingForAClientThatDoesNotWantProgress(t *testing.T) {
	for _, accept := range []string{"", "application/json", "*/*", commanderhttp.ProgressType + ";q=0"} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest("POST", "/cmd/", nil)
		r.Header.Set("Accept", accept)
		p := commanderhttp.NewProgressWriter(w, r)
		p.Report(love.Progress{Code: 301})
		require.False(t, p.Finish(commanderhttp.Response{Status: 200, Body: []byte(`{}`)}), "the caller writes the answer")
		require.Empty(t, w.Header())
		require.Empty(t, w.Body.String())
	}
}

func TestProgressWriter_WritesNothingAfterTheEnd(t *testing.T) {
	for _, progress := range []int{0, 1, 2} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest("POST", "/cmd/", nil)
		r.Header.Add("Accept", "application/json")
		r.Header.Add("Accept", commanderhttp.ProgressType)
		p := commanderhttp.NewProgressWriter(w, r)
		want := ""
		for range progress {
			p.Report(love.Progress{Code: 301, Name: "CMD_INPROGRESS"})
			require.True(t, w.Flushed)
			want += line301
		}
		require.Equal(t, progress > 0, p.Finish(commanderhttp.Response{Status: 504, Body: []byte(`{"ack":"too  slow"}`)}))
		if progress > 0 {
			want += `{"status":504,"body":{"ack":"too  slow"}}` + "\n"
			require.Equal(t, "no-store", w.Header().Get("Cache-Control"))
			require.Equal(t, "no", w.Header().Get("X-Accel-Buffering"))
		}
		p.Report(love.Progress{Code: 301})
		require.Equal(t, want, w.Body.String())
	}
}
