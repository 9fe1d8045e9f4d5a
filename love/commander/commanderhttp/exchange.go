package commanderhttp

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

	"github.com/rubin-love/love-go/love/commander"
)

// maxResponse is the longest answer of a commander, in bytes. The longest are
// answers to EFD queries.
const maxResponse = 64 << 20

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
	var body io.Reader
	if len(r.Body) > 0 {
		body = bytes.NewReader(r.Body)
	}
	req, err := http.NewRequestWithContext(ctx, r.Method, "", body)
	if err != nil {
		return Response{}, &commander.Error{Kind: commander.NotSent, Err: err, Text: "The request to the commander could not be made."}
	}
	req.URL = c.base.JoinPath(r.Path) // set directly, because parsing it again takes longer
	req.URL.RawQuery = r.Query.Encode()
	req.Header.Set("Accept", "application/json, "+ProgressType)
	req.Header.Set("User-Agent", "love-go")
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := c.client.Do(req)
	if err != nil {
		return Response{}, c.unanswered(ctx, r, err)
	}
	defer resp.Body.Close()
	answer, err := ReadResponse(ctx, resp, maxResponse)
	switch {
	case errors.Is(err, ErrTooLong):
		err = Response{Status: resp.StatusCode}.unusable(fmt.Sprintf("more than %d MiB", maxResponse>>20))
	case err != nil:
		return Response{}, c.unanswered(ctx, r, err)
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
		unusable.Text += " It does so for a component, command or parameter that it does not know: check these, then its log."
	default:
		unusable.Text += r.outcome()
	}
	return Response{}, unusable
}

// outcome returns the text for the operator about a request without an answer.
// It is empty for requests that change nothing.
func (r Request) outcome() string {
	switch {
	case r.Method == http.MethodGet, r.Path == checkPath:
		return ""
	case r.Path == logPath:
		return " " + commander.UnknownLog
	}
	return " " + commander.UnknownOutcome
}

// unanswered returns an error with the reason why no answer came.
func (c *Client) unanswered(ctx context.Context, r Request, err error) error {
	cause := context.Cause(ctx)
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
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		return &commander.Error{
			Kind: commander.NotSent, Err: err,
			Text: fmt.Sprintf("The commander at %s cannot be reached. Nothing was sent: see whether it runs.", c.base.Host),
		}
	}
	return &commander.Error{
		Kind: commander.Unknown, Err: err,
		Text: fmt.Sprintf("The commander at %s broke off its answer.%s", c.base.Host, r.outcome()),
	}
}
