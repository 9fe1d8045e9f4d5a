package client

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/rubin-love/love-go/love"
)

// Authority asks who holds authority and what waits for approval; events of
// event-Hub-0-authority report changes. A manager on
// which authority is not switched on answers an [HTTPError] with status 404.
func (c *Client) Authority(ctx context.Context) (love.Authority, error) {
	var a love.Authority
	err := c.get(ctx, "/authority/", nil, &a)
	return a, err
}

// TakeAuthority excludes others from the commands that a pattern selects, for
// some time; or prolongs what the user holds. Somebody else who holds an
// overlapping pattern is an [HTTPError] with status 409.
func (c *Client) TakeAuthority(ctx context.Context, pattern love.CommandPattern, d time.Duration) (love.Hold, error) {
	const path = "/authority/"
	var h love.Hold
	body := map[string]any{"pattern": pattern, "seconds": d.Seconds()}
	status, answer, err := c.call(ctx, http.MethodPost, path, body)
	switch {
	case err != nil:
		return h, err
	case status >= 300:
		return h, httpError(http.MethodPost, path, status, answer)
	}
	if err := json.Unmarshal(answer, &h); err != nil {
		return h, fmt.Errorf("the answer to POST %s is not a manager's: %w", path, err)
	}
	return h, nil
}

// ReleaseAuthority ends the hold with this ID, before its time.
func (c *Client) ReleaseAuthority(ctx context.Context, id string) error {
	return c.remove(ctx, "/authority/", id)
}

// Approve has the waiting command with this ID executed, with the user as its
// second person. It waits and answers as [Client.Command] does.
func (c *Client) Approve(ctx context.Context, id string) (love.Ack, error) {
	return c.execute(ctx, "/approvals/"+url.PathEscape(id)+"/", struct{}{})
}

// Dismiss drops the waiting command with this ID.
func (c *Client) Dismiss(ctx context.Context, id string) error {
	return c.remove(ctx, "/approvals/", id)
}

func (c *Client) remove(ctx context.Context, path, id string) error {
	path += url.PathEscape(id) + "/"
	status, answer, err := c.call(ctx, http.MethodDelete, path, nil)
	if err == nil && status >= 300 {
		return httpError(http.MethodDelete, path, status, answer)
	}
	return err
}
