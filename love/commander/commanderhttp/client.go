package commanderhttp

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/rubin-love/love-go/internal/httpapi"
	"github.com/rubin-love/love-go/internal/mask"
	"github.com/rubin-love/love-go/internal/wire"
	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/commander"
)

// Client is a client of a LOVE-commander's HTTP API (docs/protocol/commander.md),
// ours or the Python one. It relays requests and answers without checking them,
// except that an answer must be JSON. It is safe for concurrent use.
//
// All methods wait until ctx ends. Their errors are [*commander.Error]s,
// with a [*StatusError] if the commander answered with a status other than 200.
// No request is ever sent twice.
type Client struct {
	base           *url.URL
	client         *http.Client
	wrap           func(http.RoundTripper) http.RoundTripper
	underWay       semaphore
	largeResponses largeResponses
}

var (
	_ commander.Commander   = (*Client)(nil)
	_ commander.Informer    = (*Client)(nil)
	_ commander.Heartbeater = (*Client)(nil)
	_ commander.Logbook     = (*Client)(nil)
	_ commander.Checker     = (*Client)(nil)
)

// ClientOption changes a default of [New].
type ClientOption func(*Client)

// WithMaxRequests sets how many requests may wait for the commander at once, not
// counting heartbeats; further ones are refused with [commander.Busy] and not
// sent. Default, also for 0: [DefaultMaxRequests].
func WithMaxRequests(n int) ClientOption {
	return func(c *Client) { c.underWay = newSemaphore(n) }
}

// WithTransport sets the transport of the requests. Default: a new one, which
// keeps connections open and uses no proxy.
func WithTransport(t http.RoundTripper) ClientOption {
	return func(c *Client) { c.client.Transport = t }
}

// WrapTransport sets what the transport is wrapped in, such as what makes traces. Default:
// nothing.
func WrapTransport(wrap func(http.RoundTripper) http.RoundTripper) ClientOption {
	return func(c *Client) { c.wrap = wrap }
}

// New returns a client of the commander at a base URL, "http://host:5000", or
// "host:5000". It does not connect yet.
func New(base string, opts ...ClientOption) (*Client, error) {
	if !strings.Contains(base, "://") {
		base = "http://" + base
	}
	u, err := url.Parse(base)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.RawQuery != "" || u.User != nil {
		return nil, fmt.Errorf("commander %q: give its base URL, such as http://commander:5000, without a user or a query", mask.Address(base))
	}
	u.Path = cmp.Or(u.Path, "/") // JoinPath makes relative paths from an empty one
	c := &Client{
		base: u, underWay: newSemaphore(0), largeResponses: make(largeResponses, maxLargeResponses),
		client: &http.Client{CheckRedirect: sameRequest},
	}
	for _, o := range opts {
		o(c)
	}
	if c.client.Transport == nil {
		c.client.Transport = &http.Transport{
			MaxIdleConnsPerHost: 256,
			IdleConnTimeout:     time.Minute,
			DisableCompression:  true, // the commander is near: sending bytes costs less than compressing them
		}
	}
	if c.wrap != nil {
		c.client.Transport = c.wrap(c.client.Transport)
	}
	return c, nil
}

// Close closes the idle connections.
func (c *Client) Close() { c.client.CloseIdleConnections() }

// sameRequest follows a redirect only if it keeps method and body (307, 308)
// and stays with the host that was configured.
func sameRequest(r *http.Request, via []*http.Request) error {
	status := r.Response.StatusCode
	keeps := status == http.StatusPermanentRedirect || status == http.StatusTemporaryRedirect
	if !keeps || r.URL.Host != via[0].URL.Host || len(via) > 3 {
		return http.ErrUseLastResponse
	}
	return mayFollow(r.Context())
}

// The paths of a LOVE-commander. checkPath, where our commanders check commands,
// is not below /cmd/, so that no other commander executes what is posted to it.
const (
	commandPath = "/cmd/"
	logPath     = "/lovecsc/observinglog"
	checkPath   = "/check-cmd"
	beatPath    = "/heartbeat/"
	namesPath   = "/salinfo/topic-names"
	dataPath    = "/salinfo/topic-data"
)

// Execute implements [commander.Commander]. It sends what the client posted,
// unchanged except for its "identity".
func (c *Client) Execute(ctx context.Context, call commander.Call) (love.Ack, error) {
	body, err := commandBody(call)
	if err != nil {
		return love.Ack{}, err
	}
	return c.acknowledgement(ctx, Request{Method: http.MethodPost, Path: commandPath, Body: body})
}

// Check implements [commander.Checker]. A commander that cannot check, such as
// the Python one, has no such path: the answer is then [commander.Unchecked].
func (c *Client) Check(ctx context.Context, call commander.Call) (love.Ack, error) {
	body, err := commandBody(call)
	if err != nil {
		return love.Ack{}, err
	}
	ack, err := c.acknowledgement(ctx, Request{Method: http.MethodPost, Path: checkPath, Body: body})
	if answered, ok := errors.AsType[*StatusError](err); ok && (answered.Status == http.StatusNotFound || answered.Status == http.StatusMethodNotAllowed) {
		return love.Ack{Text: commander.Unchecked}, nil
	}
	return ack, err
}

// acknowledgement makes a request that is answered with one.
func (c *Client) acknowledgement(ctx context.Context, request Request) (love.Ack, error) {
	r, err := c.Relay(ctx, request)
	if err != nil {
		return love.Ack{}, err
	}
	ack, err := r.Ack()
	if unusable, ok := errors.AsType[*commander.Error](err); ok && !unusable.Answered {
		unusable.Text += request.outcome()
	}
	return ack, err
}

// commandBody returns the object to send: the posted one if there is one, with
// the call's identity in place of its own. Everything else stays as it was
// written, including the digits of numbers.
func commandBody(call commander.Call) ([]byte, error) {
	if call.Posted == nil {
		c := call.Command
		if len(c.Params) == 0 {
			c.Params = json.RawMessage("{}")
		}
		body, err := json.Marshal(c)
		if err != nil {
			return nil, commander.Refuse("the parameters of a command are a JSON object, not %s", httpapi.Excerpt(c.Params))
		}
		return body, nil
	}
	posted := bytes.TrimSpace(call.Posted)
	if !json.Valid(posted) || posted[0] != '{' { // the valid part of a broken object must not be sent
		return nil, commander.Refuse("a command is a JSON object, not %s", httpapi.Excerpt(posted))
	}
	body := make([]byte, 0, len(posted)+len(call.Identity)+20)
	body = append(body, '{')
	for name, value := range wire.Members(posted) {
		if name != "identity" {
			body = append(wire.AppendKey(body, name), value...)
		}
	}
	return append(wire.AppendText(wire.AppendKey(body, "identity"), call.Identity), '}'), nil
}

// WriteObservingLog implements [commander.Logbook]: it sends what the client
// posted unchanged.
func (c *Client) WriteObservingLog(ctx context.Context, l love.ObservingLog) (love.Ack, error) {
	body := l.Posted
	if body == nil {
		body = wire.AppendText([]byte(`{"user":`), l.User)
		body = append(wire.AppendText(append(body, `,"message":`...), l.Message), '}')
	}
	return c.acknowledgement(ctx, Request{Method: http.MethodPost, Path: logPath, Body: body})
}

// TopicNames implements [commander.Informer].
func (c *Client) TopicNames(ctx context.Context, categories string) (json.RawMessage, error) {
	return c.salinfo(ctx, namesPath, categories)
}

// TopicData implements [commander.Informer].
func (c *Client) TopicData(ctx context.Context, categories string) (json.RawMessage, error) {
	return c.salinfo(ctx, dataPath, categories)
}

// Metadata asks for salinfo/metadata, which commanders had until March 2025;
// later ones answer 404.
func (c *Client) Metadata(ctx context.Context) (json.RawMessage, error) {
	return c.salinfo(ctx, "/salinfo/metadata", "")
}

func (c *Client) salinfo(ctx context.Context, path, categories string) (json.RawMessage, error) {
	request := Request{Method: http.MethodGet, Path: path}
	if categories != "" {
		request.Query = url.Values{"categories": {categories}}
	}
	r, err := c.Relay(ctx, request)
	if err != nil {
		return nil, err
	}
	if r.Status != http.StatusOK {
		_, err := r.Ack()
		return nil, err
	}
	return r.Body, nil
}

// Heartbeat implements [commander.Heartbeater]. It does not count towards the
// limit of requests, because a busy commander is alive.
func (c *Client) Heartbeat(ctx context.Context) (time.Time, error) {
	r, err := c.exchange(ctx, Request{Method: http.MethodGet, Path: beatPath})
	if err != nil {
		return time.Time{}, err
	}
	var beat struct{ Timestamp *float64 }
	if err := json.Unmarshal(r.Body, &beat); err != nil || r.Status != http.StatusOK || beat.Timestamp == nil {
		return time.Time{}, &commander.Error{
			Kind: commander.Unknown, Err: err,
			Text: fmt.Sprintf("%s is not a LOVE-commander: its heartbeat is %d %s", c.base.Host, r.Status, httpapi.Excerpt(r.Body)),
		}
	}
	return time.UnixMicro(int64(math.Round(*beat.Timestamp * 1e6))), nil
}
