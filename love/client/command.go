package client

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/rubin-love/love-go/love"
)

// Reply is the answer to a command.
type Reply struct {
	love.Ack
	Status int // HTTP
}

// OK reports that the component has done what was commanded.
func (r Reply) OK() bool { return r.Status < 300 && r.Text == love.Done }

// Command has the manager issue a command and waits for its ack. The prefix
// "cmd_" of the name may be left out. Whatever carries an ack is a Reply, also
// "not allowed" or a time-out, with the status in it; anything else is an
// error. The manager stamps the identity itself.
func (c *Client) Command(ctx context.Context, cmd love.Command) (Reply, error) {
	return c.Commanding(ctx, cmd, func(love.Progress) {})
}

// Commanding is [Client.Command] that has told called with each progress of
// the command as it comes, where manager and commander tell it. Progress
// extends the time that is waited.
func (c *Client) Commanding(ctx context.Context, cmd love.Command, told func(love.Progress)) (Reply, error) {
	return c.issue(ctx, "/cmd/", cmd, told)
}

// CheckCommand asks whether the manager would send a command: whether the user
// may, and where the commander can tell, whether its parameters are right.
// Nothing is sent. A status below 300 means that it would.
func (c *Client) CheckCommand(ctx context.Context, cmd love.Command) (Reply, error) {
	return c.issue(ctx, "/cmd/check/", cmd, func(love.Progress) {})
}

// commandPatience is how long the manager may be silent: longer than it waits
// for a commander.
const commandPatience = 30 * time.Second

func (c *Client) issue(ctx context.Context, path string, cmd love.Command, told func(love.Progress)) (Reply, error) {
	if !strings.HasPrefix(cmd.Name, "cmd_") {
		cmd.Name = "cmd_" + cmd.Name
	}
	if cmd.Params == nil {
		cmd.Params = json.RawMessage("{}")
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	silent := time.AfterFunc(commandPatience, func() { cancel(errSilent) })
	defer silent.Stop()
	status, answer, err := c.converse(ctx, path, cmd, func(p love.Progress) {
		silent.Reset(commandPatience + time.Duration(min(max(p.Timeout, 0), 1e6)*float64(time.Second)))
		told(p)
	})
	if err != nil {
		if cause := context.Cause(ctx); errors.Is(cause, errSilent) {
			err = cause
		}
		return Reply{}, fmt.Errorf("ask the manager: %w", err)
	}
	var ack struct {
		Text  *string `json:"ack"`
		Code  int     `json:"code"`
		Error int     `json:"error"`
	}
	if json.Unmarshal(answer, &ack) != nil || ack.Text == nil {
		return Reply{}, httpError(http.MethodPost, path, status, answer)
	}
	return Reply{Ack: love.Ack{Text: *ack.Text, Code: ack.Code, Error: ack.Error}, Status: status}, nil
}

var errSilent = fmt.Errorf("no answer to the command within %s: whether it was executed is unknown", commandPatience)

// converse makes the request of a command and reads the progress in its
// answer, if there is any.
func (c *Client) converse(ctx context.Context, path string, cmd love.Command, told func(love.Progress)) (status int, answer []byte, err error) {
	body, err := json.Marshal(cmd)
	if err != nil {
		return 0, nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.address.api(path), bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json, "+love.ProgressType)
	if c.cfg.token != "" {
		req.Header.Set("Authorization", "Token "+c.cfg.token)
	}
	patient := *c.cfg.http
	patient.Timeout = 0 // silence has its own
	resp, err := patient.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	content := io.LimitReader(resp.Body, maxAnswer)
	if media, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type")); media != love.ProgressType {
		answer, err = io.ReadAll(content)
		if to := resp.Header.Get("Location"); resp.StatusCode/100 == 3 && to != "" {
			answer = []byte(to)
		}
		return resp.StatusCode, answer, err
	}
	lines := bufio.NewScanner(content)
	lines.Buffer(nil, maxAnswer)
	for lines.Scan() {
		var line love.AnswerLine
		switch err := json.Unmarshal(lines.Bytes(), &line); {
		case err != nil:
			return 0, nil, fmt.Errorf("the answer is not of %s: %w", love.ProgressType, err)
		case line.Progress != nil:
			told(*line.Progress)
		case line.Status != 0:
			return line.Status, line.Body, nil
		}
	}
	if err = lines.Err(); err == nil {
		err = io.ErrUnexpectedEOF
	}
	return 0, nil, err
}

// CommandFields are the commands that the observatory's components have: by
// component, then by command without prefix, the names of its fields.
func (c *Client) CommandFields(ctx context.Context) (map[string]map[string][]string, error) {
	const path = "/salinfo/topic-data?categories=command"
	status, answer, err := c.call(ctx, http.MethodGet, path, nil)
	if err != nil {
		return nil, err
	}
	if status != http.StatusOK {
		return nil, httpError(http.MethodGet, path, status, answer)
	}
	var data map[string]struct {
		Commands map[string]map[string]struct{} `json:"command_data"`
	}
	if err := json.Unmarshal(answer, &data); err != nil {
		return nil, fmt.Errorf("reading the commands of the components: %w", err)
	}
	all := make(map[string]map[string][]string, len(data))
	for csc, d := range data {
		all[csc] = make(map[string][]string, len(d.Commands))
		for command, fields := range d.Commands {
			all[csc][command] = []string{}
			for field := range fields {
				if field != "salIndex" {
					all[csc][command] = append(all[csc][command], field)
				}
			}
		}
	}
	return all, nil
}
