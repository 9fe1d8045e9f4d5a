package manager

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/rubin-love/love-go/internal/httpapi"
	"github.com/rubin-love/love-go/internal/wire"
)

// The longest bodies that are accepted, in bytes: of somebody who has logged in, and
// of everybody else.
const (
	maxBody      = 1 << 20
	maxLogInBody = 64 << 10
)

func (c *call) maxBody() int64 {
	if c.token == "" {
		return maxLogInBody
	}
	return cmp.Or(c.bodyLimit, maxBody)
}

// fields are the members of a body by name, as JSON even if a form was sent.
type fields map[string]json.RawMessage

// fields reads a body that is a JSON object or a form.
func (c *call) fields() (fields, error) {
	switch c.mediaType() {
	case "application/x-www-form-urlencoded", "multipart/form-data":
		return c.form()
	}
	body, err := c.json()
	if err != nil {
		return nil, err
	}
	if len(body) == 0 {
		return fields{}, nil
	}
	if httpapi.Kind(body) != "object" {
		return nil, httpapi.NotAnObject(body)
	}
	f := fields{}
	for name, value := range wire.Members(body) {
		f[name] = value
	}
	return f, nil
}

// object reads a body that must be a JSON object, and returns it unchanged.
func (c *call) object() (json.RawMessage, error) {
	body, err := c.json()
	if err != nil {
		return nil, err
	}
	if httpapi.Kind(body) != "object" {
		return nil, notAnObject(body)
	}
	return body, nil
}

func notAnObject(body []byte) *refusal {
	return refuseAck(http.StatusBadRequest, "The body has to be a JSON object, it is "+httpapi.Kind(body)+".")
}

// json reads a body that must be JSON; it returns nil if the body is empty.
func (c *call) json() (json.RawMessage, error) {
	body, err := c.document()
	if err != nil || len(body) == 0 {
		return nil, err
	}
	if err := wire.Strict(body); err != nil {
		return nil, httpapi.ParseError(err)
	}
	return body, nil
}

// document reads a body whose content type is JSON, but does not parse it.
func (c *call) document() (json.RawMessage, error) {
	body, err := c.read()
	if err != nil {
		return nil, err
	}
	body = bytes.TrimSpace(body)
	if len(body) > 0 && c.mediaType() != jsonType {
		return nil, refuse(http.StatusUnsupportedMediaType, fmt.Sprintf("Unsupported media type %q in request.", c.Header.Get("Content-Type")))
	}
	return body, nil
}

const jsonType = "application/json"

func (c *call) mediaType() string {
	header := c.Header.Get("Content-Type")
	if header == jsonType { // nearly always
		return header
	}
	t, _, err := mime.ParseMediaType(header)
	if err != nil {
		return ""
	}
	return t
}

// bodyTimeout is the default of Config.BodyTimeout.
const bodyTimeout = 10 * time.Second

// read reads the body, then repeats the checks of the endpoint. The record of a
// refused command reads it again.
func (c *call) read() ([]byte, error) {
	if c.body == nil {
		body, err := httpapi.ReadBody(c.writer, c.Request, c.maxBody(), c.bodyTimeout)
		if err != nil {
			return nil, c.bodyRefusal(err)
		}
		c.body = body
		if err := c.recheck(); err != nil {
			return nil, err
		}
	}
	return c.body, nil
}

func (c *call) bodyRefusal(err error) *refusal {
	switch err {
	case httpapi.ErrBodyTooLarge:
		return refuse(http.StatusRequestEntityTooLarge, fmt.Sprintf("The body is larger than %d bytes.", c.maxBody()))
	case httpapi.ErrBodyTimeout:
		return refuse(http.StatusRequestTimeout, "The body did not come to its end in time.").With("Connection", "close")
	}
	return refuse(http.StatusBadRequest, "The body could not be read to its end.")
}

// form reads a form. Of a repeated field the last one counts. The whole body fits in
// memory, so nothing is written to disk.
func (c *call) form() (fields, error) {
	httpapi.LimitBodyTime(c.writer, c.Request, c.bodyTimeout)
	c.Body = http.MaxBytesReader(c.writer, c.Body, c.maxBody())
	var err error
	var values url.Values
	if strings.HasPrefix(c.mediaType(), "multipart/") {
		if err = c.ParseMultipartForm(c.maxBody()); err == nil {
			values = c.MultipartForm.Value
		}
	} else if err = c.ParseForm(); err == nil {
		values = c.PostForm
	}
	if err != nil {
		if reason := httpapi.BodyError(err); reason != httpapi.ErrBodyBroken {
			return nil, c.bodyRefusal(reason)
		}
		return nil, refuse(http.StatusBadRequest, "Form parse error - "+err.Error())
	}
	if err := c.recheck(); err != nil {
		return nil, err
	}
	f := make(fields, len(values))
	for name, v := range values {
		if !utf8.ValidString(name + v[len(v)-1]) {
			return nil, refuse(http.StatusBadRequest, fmt.Sprintf("Form parse error - the text of %q is not UTF-8", name))
		}
		text, err := json.Marshal(v[len(v)-1])
		if err != nil {
			return nil, fmt.Errorf("reading a form: %w", err)
		}
		f[name] = text
	}
	return f, nil
}

// text returns a field that must be a text and not blank, without the space around
// it. It adds what is wrong to errs.
func (f fields) text(name string, errs fieldErrors) string {
	s := strings.TrimSpace(f.secret(name, errs))
	if s == "" && errs[name] == nil {
		errs[name] = []string{"This field may not be blank."}
	}
	return s
}

// secret is text for a password, which may begin and end with space. A number
// counts as its digits, as in the Python manager.
func (f fields) secret(name string, errs fieldErrors) string {
	raw, ok := f[name]
	if !ok {
		errs[name] = []string{"This field is required."}
		return ""
	}
	var s string
	switch httpapi.Kind(raw) {
	case "null":
		errs[name] = []string{"This field may not be null."}
		return ""
	case "a number":
		return string(raw)
	}
	if err := json.Unmarshal(raw, &s); err != nil {
		errs[name] = []string{"Not a valid string."}
		return ""
	}
	if s == "" {
		errs[name] = []string{"This field may not be blank."}
	}
	return s
}

// decode decodes a body that must be a JSON object, strictly (see [wire.Decode]).
func (c *call) decode(target any) error {
	body, err := c.document()
	if err != nil {
		return err
	}
	if len(body) == 0 {
		return httpapi.NotAnObject(body)
	}
	err = wire.Decode(body, target)
	if wrong, ok := errors.AsType[*wire.FieldError](err); ok {
		return fieldErrors{wrong.Name: {wrong.Problem}}.Refusal()
	}
	switch {
	case errors.Is(err, wire.ErrNotObject):
		return httpapi.NotAnObject(body)
	case err != nil:
		return httpapi.ParseError(err)
	}
	return nil
}
