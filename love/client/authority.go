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

// Hold is a user's authority over the commands that a pattern selects: all
// others are refused them.
type Hold struct {
	ID      string    `json:"id"`
	Pattern string    `json:"pattern"` // CSC, CSC:salindex or CSC:salindex:command, with * and ?
	User    string    `json:"user"`
	Since   time.Time `json:"since"`
	Until   time.Time `json:"until"`
}

// WaitingCommand is a command that waits for a second person's approval.
type WaitingCommand struct {
	ID      string       `json:"id"`
	User    string       `json:"user"` // who gave it
	Command love.Command `json:"command"`
	Since   time.Time    `json:"since"`
	Until   time.Time    `json:"until"` // when it is refused if nobody has approved
}

// Authority is who excludes others from commanding, and what waits for
// approval, at a moment. The group event-Hub-0-authority tells changes.
type Authority struct {
	Holds   []Hold           `json:"holds"`
	Waiting []WaitingCommand `json:"waiting"`
}

// Authority asks who holds authority and what waits for approval. A manager on
// which authority is not switched on answers an [HTTPError] with status 404.
func (c *Client) Authority(ctx context.Context) (Authority, error) {
	var a Authority
	err := c.get(ctx, "/authority/", nil, &a)
	return a, err
}

// TakeAuthority excludes others from the commands that a pattern selects, for
// some time; or prolongs what the user holds. Somebody else who holds an
// overlapping pattern is an [HTTPError] with status 409.
func (c *Client) TakeAuthority(ctx context.Context, pattern string, d time.Duration) (Hold, error) {
	const path = "/authority/"
	var h Hold
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
func (c *Client) Approve(ctx context.Context, id string) (Reply, error) {
	return c.issue(ctx, "/approvals/"+url.PathEscape(id)+"/", struct{}{}, func(love.Progress) {})
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
