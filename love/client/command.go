package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptrace"
	"strings"

	"github.com/rubin-love/love-go/internal/mask"
	"github.com/rubin-love/love-go/internal/wire"
	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/commander/commanderhttp"
)

// Command has the manager send a command and waits for its acknowledgement. The
// prefix "cmd_" of the name may be left out. The manager sets the identity
// itself. Progress that manager and commander report is passed to
// [commander.Report].
//
// Whatever the component answers, even a failure, is an Ack. The error is a
// [*commander.Error] with what is known about a command without one, such
// as "not allowed" or a time-out, with a [*commanderhttp.StatusError] if the
// manager answered so; or an [*HTTPError] if the manager refused the request
// itself.
//
// The manager answers every command, after its own time limit with status 504,
// so Command waits as long as ctx allows: the time limit of [WithHTTPClient]
// does not count here. Giving up the wait does not stop the command.
func (c *Client) Command(ctx context.Context, cmd love.Command) (love.Ack, error) {
	return c.execute(ctx, "/cmd/", prefixed(cmd))
}

// CheckCommand asks whether the manager would send a command: whether the user
// may give it and, where the commander can check them, whether its parameters
// are right. Nothing is sent. A nil error means that it would.
func (c *Client) CheckCommand(ctx context.Context, cmd love.Command) (love.Ack, error) {
	ack, err := c.post(ctx, "/cmd/check/", prefixed(cmd))
	if err != nil {
		if _, answered := errors.AsType[*commander.Error](err); !answered {
			err = fmt.Errorf("have the manager check the command: %w", err)
		}
		return love.Ack{}, err
	}
	return ack, nil
}

func prefixed(cmd love.Command) love.Command {
	if !strings.HasPrefix(cmd.Name, "cmd_") {
		cmd.Name = "cmd_" + cmd.Name
	}
	if len(cmd.Params) == 0 {
		cmd.Params = json.RawMessage("{}")
	}
	return cmd
}

// execute asks for something that executes a command.
func (c *Client) execute(ctx context.Context, path string, body any) (love.Ack, error) {
	connected := false
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { connected = true },
	})
	ack, err := c.post(traced, path, body)
	_, refused := errors.AsType[*HTTPError](err)
	known, answered := errors.AsType[*commander.Error](err)
	if answered && !known.Answered {
		known.Text += " Whether the command was executed is unknown: see the record of commands."
	}
	switch {
	case err == nil, refused, answered:
		return ack, err
	case !connected:
		return love.Ack{}, &commander.Error{Kind: commander.NotSent, Err: err, Text: "The manager cannot be reached. Nothing was sent."}
	}
	return love.Ack{}, &commander.Error{
		Kind: commander.Unknown, Err: err,
		Text: "The manager gave no answer that can be read. Whether the command was executed is unknown: see the record of commands.",
	}
}

// post makes a request that is answered with an acknowledgement.
func (c *Client) post(ctx context.Context, path string, body any) (love.Ack, error) {
	r, err := c.exchange(ctx, path, body)
	if err != nil {
		return love.Ack{}, err
	}
	var ack struct {
		Text *string `json:"ack"`
	}
	switch bad := json.Unmarshal(r.Body, &ack) != nil || ack.Text == nil; {
	case bad && r.Status == http.StatusOK:
		return love.Ack{}, fmt.Errorf("the answer to POST %s is not a manager's", path)
	case bad:
		return love.Ack{}, httpError(http.MethodPost, path, r.Status, r.Body)
	}
	return r.Ack()
}

// exchange makes the request of a command and reads its answer.
func (c *Client) exchange(ctx context.Context, path string, body any) (r commanderhttp.Response, err error) {
	content, err := wire.Marshal(body)
	if err != nil {
		return r, fmt.Errorf("POST %s: %w", path, err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.address.api(path), bytes.NewReader(content))
	if err != nil {
		return r, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json, "+commanderhttp.ProgressType)
	if err := c.cfg.authorize(req); err != nil {
		return r, err
	}
	unlimited := *c.cfg.http
	unlimited.Timeout = 0
	resp, err := unlimited.Do(req)
	if err != nil {
		return r, mask.Error(err, c.address.site.String())
	}
	defer resp.Body.Close()
	r, err = commanderhttp.ReadResponse(ctx, resp, maxAck)
	if to := resp.Header.Get("Location"); resp.StatusCode/100 == 3 && to != "" {
		r.Body = []byte(mask.Text(to))
	}
	return r, err
}
