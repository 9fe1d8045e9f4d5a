package external

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/rubin-love/love-go/internal/httpapi"
	"github.com/rubin-love/love-go/internal/mask"
	"github.com/rubin-love/love-go/internal/wire"
	"github.com/rubin-love/love-go/love/manager"
)

// maxAnswer is the largest answer of a service that is read, in bytes.
const maxAnswer = 64 << 20

// service is a service with an HTTP API of JSON.
type service struct {
	services      *Services
	name          string // "the log service", for texts
	base          *url.URL
	authorization string // the header; empty: none
}

// newService returns the service at a host or base URL; scheme is for those without one.
func (s *Services) newService(name, address, scheme string) (*service, error) {
	if !strings.Contains(address, "://") {
		address = scheme + "://" + address
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.RawQuery != "" || u.User != nil {
		return nil, fmt.Errorf("%q: give a host, or a base URL such as https://love.example, without a user or a query", mask.Address(address))
	}
	if u.Path == "" {
		u.Path = "/" // JoinPath makes relative paths from an empty one
	}
	return &service{services: s, name: name, base: u}, nil
}

// newHTTPClient returns the client of all services. It uses no proxy, as they are the
// observatory's own, and follows redirects only where [mayFollow] allows.
func newHTTPClient() *http.Client {
	return &http.Client{
		CheckRedirect: mayFollow,
		Transport:     &http.Transport{MaxIdleConnsPerHost: 16, IdleConnTimeout: time.Minute, TLSHandshakeTimeout: 10 * time.Second},
	}
}

// mayFollow follows a redirect to the same host and port, or from http to https, with
// the same method: tickets and tokens must not go elsewhere, and a POST must not become a
// GET.
func mayFollow(r *http.Request, via []*http.Request) error {
	from, to := via[0].URL, r.URL
	same := to.Scheme == from.Scheme && to.Host == from.Host
	secured := from.Scheme == "http" && to.Scheme == "https" && to.Hostname() == from.Hostname() && from.Port() == "" && to.Port() == ""
	if !same && !secured || r.Method != via[0].Method || len(via) > 3 {
		return http.ErrUseLastResponse
	}
	return nil
}

// request is a request to a service.
type request struct {
	method      string
	path        string // "exposurelog/messages", below the service's address
	query       url.Values
	contentType string // default: JSON
	body        []byte // nil: none
}

// response is the answer of a service: JSON, or nothing.
type response struct {
	status int
	body   []byte
}

// ok reports whether the service did what it was asked for.
func (r response) ok() bool { return r.status >= 200 && r.status < 300 }

// answer passes the response on.
func (r response) answer() httpapi.Answer {
	return httpapi.Answer{Status: r.status, Header: http.Header{"Content-Type": {"application/json"}}, Raw: r.body}
}

// decode decodes the response into target.
func (r response) decode(target any) error { return json.Unmarshal(r.body, target) }

// asJSON returns a request with a body.
func asJSON(method, path string, body any) request {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(body); err != nil { // cannot be: all bodies are maps, texts and checked JSON
		panic(err)
	}
	return request{method: method, path: path, body: b.Bytes()}
}

// ask makes a request, within the time limit. The error is a *httpapi.Refusal that says
// what has become of the request; any answer in JSON is none.
func (v *service) ask(ctx context.Context, r request) (response, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, v.services.config.Timeout, errTooSlow)
	defer cancel()
	answer, err := v.exchange(ctx, r)
	if err == nil {
		return answer, nil
	}
	err = mask.Error(err, v.base.String())
	if cause := context.Cause(ctx); cause == nil || errors.Is(cause, errTooSlow) { // else the client has hung up
		v.services.config.Logger.Warn(v.name+" gave no usable answer", "method", r.method, "path", r.path,
			"user", manager.Caller(ctx).Name(), "error", err)
	}
	return response{}, v.refusal(ctx, r, err)
}

var errTooSlow = errors.New("the time limit is over")

// refusal says what has become of a request without a usable answer.
func (v *service) refusal(ctx context.Context, r request, err error) *httpapi.Refusal {
	outcome := ""
	if r.method != http.MethodGet {
		outcome = " Whether it was done is unknown: look before you repeat it."
	}
	name := strings.ToUpper(v.name[:1]) + v.name[1:]
	if unusable, ok := errors.AsType[*unusableError](err); ok {
		return refuse(http.StatusBadGateway, "%s at %s answered with status %d and %s.%s", name, v.base.Host, unusable.status, unusable.what, outcome)
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		return refuse(http.StatusServiceUnavailable, "%s at %s cannot be reached. Nothing was sent: see whether it runs.", name, v.base.Host)
	}
	if context.Cause(ctx) != nil {
		return refuse(http.StatusGatewayTimeout, "%s at %s did not answer in time.%s", name, v.base.Host, outcome)
	}
	return refuse(http.StatusBadGateway, "%s at %s broke off its answer.%s", name, v.base.Host, outcome)
}

// unusableError is an answer that cannot be passed on.
type unusableError struct {
	status int
	what   string
}

func (e *unusableError) Error() string {
	return fmt.Sprintf("an answer with status %d and %s", e.status, e.what)
}

func (v *service) exchange(ctx context.Context, r request) (response, error) {
	u := v.base.JoinPath(r.path)
	u.RawQuery = r.query.Encode()
	var content io.Reader
	if r.body != nil {
		content = bytes.NewReader(r.body)
	}
	req, err := http.NewRequestWithContext(ctx, r.method, u.String(), content)
	if err != nil {
		return response{}, err
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "love-go")
	if v.authorization != "" {
		req.Header.Set("Authorization", v.authorization)
	}
	switch {
	case r.contentType != "":
		req.Header.Set("Content-Type", r.contentType)
	case r.body != nil:
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := v.services.http.Do(req)
	if err != nil {
		return response{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	switch {
	case err != nil:
		return response{}, err
	case len(body) > maxAnswer:
		return response{}, &unusableError{resp.StatusCode, fmt.Sprintf("more than %d MiB", maxAnswer>>20)}
	case resp.StatusCode >= 300 && resp.StatusCode < 400:
		return response{}, &unusableError{resp.StatusCode, "a redirection, which is not followed"}
	}
	return usable(response{resp.StatusCode, bytes.TrimSpace(body)})
}

// usable returns a response that can be passed on: JSON that a browser can parse, in
// which numbers that JSON does not have become null. A 401 is about the manager's own
// credentials; the LOVE-frontend would log its user out.
func usable(r response) (response, error) {
	switch {
	case r.status == http.StatusNoContent:
		return response{status: r.status}, nil
	case r.status == http.StatusUnauthorized:
		return response{}, &unusableError{r.status, "does not know this manager's credentials: " + httpapi.Excerpt(r.body)}
	case wire.Valid(r.body) != nil:
		return response{}, &unusableError{r.status, "no JSON: " + httpapi.Excerpt(r.body)}
	}
	if wire.MayHoldNonFinite(r.body) {
		r.body = wire.AppendStrict(nil, r.body)
	}
	return r, nil
}
