package commander

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

	"github.com/rubin-love/love-go/internal/wire"
	"github.com/rubin-love/love-go/love"
)

// HTTP is a client of a LOVE-commander's HTTP API (manager protocol, section
// 11), ours or the Python one. It relays requests and answers without checking
// them, except that an answer has to be JSON. It is safe for concurrent use.
//
// An error of its methods is a [*NoReplyError]. Nothing is ever sent twice.
type HTTP struct {
	base   *url.URL
	client *http.Client
	limit  time.Duration
	slots  slots
}

var (
	_ Commander   = (*HTTP)(nil)
	_ Informer    = (*HTTP)(nil)
	_ Heartbeater = (*HTTP)(nil)
	_ Logbook     = (*HTTP)(nil)
	_ Relayer     = (*HTTP)(nil)
	_ Checker     = (*HTTP)(nil)
)

// HTTPOption changes a default of [NewHTTP].
type HTTPOption func(*HTTP)

// WithAnswerLimit sets how long to wait for an answer; progress that the
// commander reports extends it. Behind a [Recorder], see [WithLateLimit].
// Default: 15 s, more than the 10 s after which a LOVE-commander itself answers
// 504. The Python commander extends its own 10 s when a component reports
// progress, but does not pass the progress on: with it, raise the limit to your
// longest command.
func WithAnswerLimit(d time.Duration) HTTPOption { return func(h *HTTP) { h.limit = d } }

// WithUnderWay sets how many requests may wait for the commander at once, not
// counting heartbeats; further ones are refused with 503 and not sent. Default:
// [DefaultUnderWay].
func WithUnderWay(n int) HTTPOption { return func(h *HTTP) { h.slots = make(slots, max(n, 1)) } }

// WithTransport sets the transport of the requests. Default: one of its own that
// keeps connections open and uses no proxy.
func WithTransport(t http.RoundTripper) HTTPOption { return func(h *HTTP) { h.client.Transport = t } }

// DefaultAnswerLimit is the default of [WithAnswerLimit].
const DefaultAnswerLimit = 15 * time.Second

// NewHTTP returns a client of the commander at a base URL, "http://host:5000",
// or "host:5000". It does not connect yet.
func NewHTTP(base string, opts ...HTTPOption) (*HTTP, error) {
	if !strings.Contains(base, "://") {
		base = "http://" + base
	}
	u, err := url.Parse(base)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.RawQuery != "" || u.User != nil {
		return nil, fmt.Errorf("commander %q: give its base URL, such as http://commander:5000", base)
	}
	u.Path = cmp.Or(u.Path, "/") // JoinPath makes relative paths from an empty one
	h := &HTTP{base: u, limit: DefaultAnswerLimit, slots: make(slots, DefaultUnderWay)}
	h.client = &http.Client{CheckRedirect: sameRequest}
	for _, o := range opts {
		o(h)
	}
	if h.client.Transport == nil {
		h.client.Transport = &http.Transport{
			MaxIdleConnsPerHost: 256,
			IdleConnTimeout:     time.Minute,
			DisableCompression:  true, // the commander is near: bytes cost less than time
		}
	}
	return h, nil
}

// Close closes the connections that are open and idle.
func (h *HTTP) Close() { h.client.CloseIdleConnections() }

// sameRequest follows a redirect only if it keeps method and body (307, 308)
// and stays with the host that was configured.
func sameRequest(r *http.Request, via []*http.Request) error {
	status := r.Response.StatusCode
	keeps := status == http.StatusPermanentRedirect || status == http.StatusTemporaryRedirect
	if !keeps || r.URL.Host != via[0].URL.Host || len(via) > 3 {
		return http.ErrUseLastResponse
	}
	return nil
}

// The paths of a LOVE-commander that change something.
const (
	commandPath = "/cmd/"
	logPath     = "/lovecsc/observinglog"
)

// Execute implements [Commander]: it sends the object unchanged except for its
// "identity".
func (h *HTTP) Execute(ctx context.Context, r Request) (Reply, error) {
	body, err := stamped(r)
	if err != nil {
		return wrongRequest(err), nil
	}
	return h.Relay(ctx, Call{Method: http.MethodPost, Path: commandPath, Body: body})
}

// stamped returns the command with the request's identity in place of any that
// the body has. Everything else stays as it was written, the digits of numbers
// included.
func stamped(r Request) ([]byte, error) {
	given := bytes.TrimSpace(r.Body)
	if !json.Valid(given) || given[0] != '{' { // the valid part of a broken object must not be sent
		return nil, errors.New("a command is a JSON object, not " + excerpt(given))
	}
	body := make([]byte, 0, len(given)+len(r.Identity)+20)
	body = append(body, '{')
	for name, value := range wire.Members(given) {
		if name != "identity" {
			body = append(appendKey(body, name), value...)
		}
	}
	return append(love.AppendText(appendKey(body, "identity"), r.Identity), '}'), nil
}

// WriteObservingLog implements [Logbook]: it sends the object unchanged.
func (h *HTTP) WriteObservingLog(ctx context.Context, l ObservingLog) (Reply, error) {
	return h.Relay(ctx, Call{Method: http.MethodPost, Path: logPath, Body: l.Body})
}

// TopicNames implements [Informer].
func (h *HTTP) TopicNames(ctx context.Context, categories string) (Reply, error) {
	return h.salinfo(ctx, "/salinfo/topic-names", categories)
}

// TopicData implements [Informer].
func (h *HTTP) TopicData(ctx context.Context, categories string) (Reply, error) {
	return h.salinfo(ctx, "/salinfo/topic-data", categories)
}

// Metadata asks for salinfo/metadata, which commanders had until March 2025;
// later ones answer 404.
func (h *HTTP) Metadata(ctx context.Context) (Reply, error) {
	return h.salinfo(ctx, "/salinfo/metadata", "")
}

func (h *HTTP) salinfo(ctx context.Context, path, categories string) (Reply, error) {
	c := Call{Method: http.MethodGet, Path: path}
	if categories != "" {
		c.Query = url.Values{"categories": {categories}}
	}
	return h.Relay(ctx, c)
}

// Heartbeat implements [Heartbeater]. It does not count among the requests
// under way, because a busy commander is alive, too.
func (h *HTTP) Heartbeat(ctx context.Context) (time.Time, error) {
	r, err := h.exchange(ctx, Call{Method: http.MethodGet, Path: "/heartbeat/"})
	if err != nil {
		return time.Time{}, err
	}
	var beat struct{ Timestamp *float64 }
	if err := json.Unmarshal(r.Body, &beat); err != nil || r.Status != http.StatusOK || beat.Timestamp == nil {
		return time.Time{}, &NoReplyError{
			Status: http.StatusBadGateway, Sent: true, Err: err,
			Text: fmt.Sprintf("%s is no LOVE-commander: its heartbeat is %d %s", h.base.Host, r.Status, excerpt(r.Body)),
		}
	}
	return time.UnixMicro(int64(math.Round(*beat.Timestamp * 1e6))), nil
}

// Relay implements [Relayer].
func (h *HTTP) Relay(ctx context.Context, c Call) (Reply, error) {
	release, err := h.slots.take()
	if err != nil {
		return Reply{}, err
	}
	defer release()
	return h.exchange(ctx, c)
}
