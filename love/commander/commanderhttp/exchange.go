package commanderhttp

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/rubin-love/love-go/internal/mask"
	"github.com/rubin-love/love-go/love/commander"
)

// The longest answers of a commander, in bytes.
const (
	maxAck      = 1 << 20  // an acknowledgement, or a heartbeat
	maxResponse = 64 << 20 // to a question; the longest are answers to EFD queries
)

// maxLargeResponses is the number of answers longer than maxAck that are read at a
// time, because each takes so much memory.
const maxLargeResponses = 4

// Request is a request to a LOVE-commander's HTTP API.
type Request struct {
	Method string
	Path   string          // "/efd/timeseries"
	Query  url.Values      // none if empty
	Body   json.RawMessage // none if empty
}

// Relay passes a request on, and returns the answer with whatever status it has. It
// is for requests other than commands, such as EFD queries
// (docs/protocol/manager.md#external-services).
func (c *Client) Relay(ctx context.Context, r Request) (Response, error) {
	release, err := c.underWay.acquire()
	if err != nil {
		return Response{}, err
	}
	defer release()
	return c.exchange(ctx, r)
}

// exchange makes one request and reads its answer.
func (c *Client) exchange(ctx context.Context, r Request) (Response, error) {
	ctx, sending := newSending(ctx)
	defer sending.end()
	var content io.Reader
	if len(r.Body) > 0 {
		content = bytes.NewReader(r.Body)
	}
	req, err := http.NewRequestWithContext(ctx, r.Method, "", content)
	if err != nil {
		return Response{}, &commander.Error{Kind: commander.NotSent, Err: err, Text: "The request to the commander could not be made."}
	}
	req.URL = c.base.JoinPath(r.Path) // set directly, because parsing it again takes longer
	req.URL.RawQuery = r.Query.Encode()
	req.Header.Set("Accept", "application/json, "+ProgressType)
	req.Header.Set("User-Agent", "love-go")
	if content != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := c.client.Do(req)
	if err != nil {
		return Response{}, c.unanswered(ctx, r, sending, err)
	}
	defer resp.Body.Close()
	limit := r.maxResponse()
	if limit > maxAck {
		body, release := c.largeResponses.reader(ctx, resp.Body)
		defer release()
		resp.Body = body
	}
	answer, err := ReadResponse(ctx, resp, limit)
	switch {
	case errors.Is(err, ErrTooLong):
		err = Response{Status: resp.StatusCode}.unusable(fmt.Sprintf("more than %d MiB", limit>>20))
	case err != nil:
		return Response{}, c.unanswered(ctx, r, sending, err)
	default:
		if answer, err = answer.strict(); err == nil {
			return answer, nil
		}
	}
	unusable := commander.ErrorOf(err, "")
	switch {
	case resp.StatusCode == http.StatusNotFound:
		return textResponse(http.StatusNotFound, fmt.Sprintf("The commander at %s has no %s.", c.base.Host, r.Path)), nil
	case r.Path == commandPath && resp.StatusCode == http.StatusInternalServerError:
		// The Python commander's way to refuse
		// (docs/protocol/commander.md#differences-from-the-python-commander).
		unusable.Text += " It does so if the component refused the command or could not execute it, and for a component, " +
			"command or parameter that it does not know: look at the component, check the command, then see the commander's log."
	default:
		unusable.Text += r.outcome()
	}
	return Response{}, unusable
}

// maxResponse returns the longest answer to the request, in bytes.
func (r Request) maxResponse() int {
	switch r.Path {
	case commandPath, checkPath, logPath, beatPath:
		return maxAck
	}
	return maxResponse
}

// outcome returns the text for the operator about a request without an answer.
// It is empty for requests that change nothing.
func (r Request) outcome() string {
	switch {
	case r.Method == http.MethodGet, r.Path == checkPath, strings.HasPrefix(r.Path, "/efd/"), strings.HasPrefix(r.Path, "/reports/"):
		return ""
	case r.Path == logPath:
		return " " + commander.UnknownLog
	}
	return " " + commander.UnknownOutcome
}

// unanswered returns an error with the reason why no answer came.
func (c *Client) unanswered(ctx context.Context, r Request, s *sending, err error) error {
	cause := context.Cause(ctx)
	err = mask.Error(err, c.base.String())
	if op, ok := errors.AsType[*net.OpError](err); s.nothingLeft() || ok && op.Op == "dial" {
		text := fmt.Sprintf("The commander at %s cannot be reached.", c.base.Host)
		if cause != nil {
			text = fmt.Sprintf("The commander at %s could not be reached in time.", c.base.Host)
		}
		return &commander.Error{Kind: commander.NotSent, Err: cmp.Or(cause, err), Text: text + " Nothing was sent: see whether it runs."}
	}
	switch {
	case errors.Is(cause, context.DeadlineExceeded):
		return &commander.Error{
			Kind: commander.TimedOut, Err: cause,
			Text: fmt.Sprintf("The commander at %s did not answer in time.%s", c.base.Host, r.outcome()),
		}
	case cause != nil:
		return &commander.Error{
			Kind: commander.Unknown, Err: cause,
			Text: "Nobody waits for the commander's answer any more." + r.outcome(),
		}
	}
	return &commander.Error{
		Kind: commander.Unknown, Err: err,
		Text: fmt.Sprintf("The commander at %s broke off its answer.%s", c.base.Host, r.outcome()),
	}
}
