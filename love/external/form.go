package external

import (
	"encoding/json"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/rubin-love/love-go/love"
)

// filesField is the field in which the LOVE-frontend sends files.
const filesField = "file[]"

// form is what the LOVE-frontend sends for a log message. It fills a form from a
// JavaScript object, so that all values are texts, lists are joined with commas, and
// what is not there is "undefined" or "null".
type form struct {
	texts map[string]string
	files []*multipart.FileHeader
}

// readForm reads a multipart body. Of a repeated field the last one counts.
func readForm(r *http.Request) (form, error) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "multipart/form-data" {
		return form{}, unsupported(r)
	}
	if err := r.ParseMultipartForm(maxUpload); err != nil { // the body is in memory already, and stays there
		return form{}, refuse(http.StatusBadRequest, "Form parse error - %v", err)
	}
	f := form{texts: map[string]string{}, files: r.MultipartForm.File[filesField]}
	for name, values := range r.MultipartForm.Value {
		value := values[len(values)-1]
		if !utf8.ValidString(name + value) {
			return form{}, refuse(http.StatusBadRequest, "Form parse error - the text of %q is not UTF-8", name)
		}
		if name != filesField && value != "undefined" && value != "null" {
			f.texts[name] = value
		}
	}
	return f, nil
}

// list returns a field that is a list joined with commas; empty elements are dropped.
func (f form) list(name string) []string {
	elements := []string{}
	for e := range strings.SplitSeq(f.texts[name], ",") {
		if e = strings.TrimSpace(e); e != "" {
			elements = append(elements, e)
		}
	}
	return elements
}

// tree returns a field that is JSON in a text, and whether it is there.
func (f form) tree(name string) (json.RawMessage, bool, error) {
	text := strings.TrimSpace(f.texts[name])
	if text == "" {
		return nil, false, nil
	}
	if !json.Valid([]byte(text)) {
		return nil, false, refuse(http.StatusBadRequest, "%q has to be JSON.", name)
	}
	return json.RawMessage(text), true, nil
}

// taiLayout is how the log services write a time: TAI, without a zone.
const taiLayout = "2006-01-02T15:04:05.000000"

// utcLayouts are how a client may write one.
var utcLayouts = []string{"2006-01-02T15:04:05", time.RFC3339, "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02 15:04", time.DateOnly}

// tai returns a field that is a UTC as the log services want it, and whether it is there.
func (f form) tai(name string) (string, bool, error) {
	text := strings.TrimSpace(f.texts[name])
	if text == "" {
		return "", false, nil
	}
	for _, layout := range utcLayouts {
		if t, err := time.Parse(layout, text); err == nil { // fractions are accepted everywhere
			return asTAI(t), true, nil
		}
	}
	return "", false, refuse(http.StatusBadRequest, "%q has to be a time in UTC, such as 2026-03-14T01:59:26.000, not %q.", name, text)
}

// asTAI returns an instant on the TAI scale.
func asTAI(t time.Time) string { return t.UTC().Add(love.LeapSeconds(t)).Format(taiLayout) }

// readFile returns the content of a file.
func readFile(h *multipart.FileHeader) ([]byte, error) {
	f, err := h.Open()
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f)
}
