package client

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/rubin-love/love-go/internal/mask"
	"github.com/rubin-love/love-go/internal/wire"
)

// How much of an HTTP answer is read, in bytes.
const (
	maxAck    = 1 << 20 // of an acknowledgement
	maxAnswer = 16 << 20
)

// call makes one request below /manager/api.
func (c *Client) call(ctx context.Context, method, path string, body any) (status int, answer []byte, err error) {
	var content io.Reader
	if body != nil {
		b, err := wire.Marshal(body)
		if err != nil {
			return 0, nil, fmt.Errorf("%s %s: %w", method, path, err)
		}
		content = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.address.api(path), content)
	if err != nil {
		return 0, nil, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if err := c.cfg.authorize(req); err != nil {
		return 0, nil, err
	}
	resp, err := c.cfg.http.Do(req)
	if err != nil {
		return 0, nil, fmt.Errorf("ask the manager: %w", mask.Error(err, c.address.site.String()))
	}
	defer resp.Body.Close()
	answer, err = io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return 0, nil, fmt.Errorf("read the manager's answer: %w", err)
	}
	if to := resp.Header.Get("Location"); resp.StatusCode/100 == 3 && to != "" {
		answer = []byte(mask.Text(to))
	}
	return resp.StatusCode, answer, nil
}

// authorize adds the credentials to an HTTP request.
func (c *config) authorize(r *http.Request) error {
	if c.token != "" {
		r.Header.Set("Authorization", "Token "+c.token)
	}
	return c.addCredential(r)
}

// addCredential adds the caller's own credential to a request.
func (c *config) addCredential(r *http.Request) error {
	if c.credential == nil {
		return nil
	}
	if err := c.credential(r); err != nil {
		return fmt.Errorf("add the credential to a request to the manager: %w", err)
	}
	return nil
}

// httpError makes an error of an answer. It finds the text in the forms that
// managers use: {"detail": …}, {"ack": …}, {"error": …}, {"field": ["…", …]}.
func httpError(method, path string, status int, answer []byte) *HTTPError {
	e := &HTTPError{Request: method + " " + path, Status: status}
	var members map[string]any
	if json.Unmarshal(answer, &members) == nil {
		for _, key := range []string{"detail", "ack", "error"} {
			if s, ok := members[key].(string); ok {
				e.Text = s
				return e
			}
		}
		e.Text = string(bytes.TrimSpace(answer))
	} else if status/100 == 3 {
		e.Text = string(answer)
	}
	if e.Text == "" {
		e.Text = http.StatusText(status)
	}
	const maxText = 500
	if len(e.Text) > maxText {
		e.Text = strings.ToValidUTF8(e.Text[:maxText], "") + "…"
	}
	return e
}

// get asks the manager something that is answered with JSON.
func (c *Client) get(ctx context.Context, path string, query url.Values, to any) error {
	asked := path
	if len(query) > 0 {
		asked += "?" + query.Encode()
	}
	status, answer, err := c.call(ctx, http.MethodGet, asked, nil)
	if err != nil {
		return err
	}
	if status != http.StatusOK {
		return httpError(http.MethodGet, path, status, answer)
	}
	if err := json.Unmarshal(answer, to); err != nil {
		return fmt.Errorf("the answer to GET %s is not a manager's: %w", path, err)
	}
	return nil
}
