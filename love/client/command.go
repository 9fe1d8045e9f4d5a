package client

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"slices"
	"strings"

	"github.com/rubin-love/love-go/love"
)

// Reply is the answer to a command.
type Reply struct {
	love.Ack
	Status int // HTTP
}

// OK reports that the component has done what was commanded.
func (r Reply) OK() bool { return r.Status < 300 && r.Text == love.Done }

// ErrOutcomeUnknown is a command that may have reached the manager, whose answer
// has not come: look into the record ([Client.Commands]) before repeating it.
var ErrOutcomeUnknown = errors.New("whether the command was executed is unknown: the record of commands tells")

// Command has the manager issue a command and waits for its ack. The prefix
// "cmd_" of the name may be left out. Whatever carries an ack is a Reply, also
// "not allowed" or a time-out, with the status in it; anything else is an
// error, which is [ErrOutcomeUnknown] if the command may have been sent. The
// manager stamps the identity itself.
//
// The manager answers every command, after its own time limit with status 504,
// so Command waits as long as ctx allows: the time limit of [WithHTTPClient]
// does not count here. To stop waiting does not stop the command.
func (c *Client) Command(ctx context.Context, cmd love.Command) (Reply, error) {
	return c.Commanding(ctx, cmd, func(love.Progress) {})
}

// Commanding is [Client.Command] that has told called with each progress of
// the command as it comes, where manager and commander tell it.
func (c *Client) Commanding(ctx context.Context, cmd love.Command, told func(love.Progress)) (Reply, error) {
	return c.issue(ctx, "/cmd/", prefixed(cmd), told)
}

// CheckCommand asks whether the manager would send a command: whether the user
// may, and where the commander can tell, whether its parameters are right.
// Nothing is sent. A status below 300 means that it would.
func (c *Client) CheckCommand(ctx context.Context, cmd love.Command) (Reply, error) {
	r, err := c.ask(ctx, "/cmd/check/", prefixed(cmd), func(love.Progress) {})
	if err != nil {
		return Reply{}, fmt.Errorf("have the manager check the command: %w", err)
	}
	return r, nil
}

func prefixed(cmd love.Command) love.Command {
	if !strings.HasPrefix(cmd.Name, "cmd_") {
		cmd.Name = "cmd_" + cmd.Name
	}
	if cmd.Params == nil {
		cmd.Params = json.RawMessage("{}")
	}
	return cmd
}

// issue asks for something that executes a command.
func (c *Client) issue(ctx context.Context, path string, body any, told func(love.Progress)) (Reply, error) {
	connected := false
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { connected = true },
	})
	r, err := c.ask(traced, path, body, told)
	if _, answered := errors.AsType[*HTTPError](err); err == nil || answered {
		return r, err
	}
	if connected {
		return Reply{}, fmt.Errorf("no answer of the manager (%w); %w", err, ErrOutcomeUnknown)
	}
	return Reply{}, fmt.Errorf("ask the manager: %w", err)
}

// ask makes a request that is answered with an ack.
func (c *Client) ask(ctx context.Context, path string, body any, told func(love.Progress)) (Reply, error) {
	status, answer, err := c.converse(ctx, path, body, told)
	if err != nil {
		return Reply{}, err
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

// converse makes the request of a command and reads the progress in its
// answer, if there is any.
func (c *Client) converse(ctx context.Context, path string, body any, told func(love.Progress)) (status int, answer []byte, err error) {
	content, err := json.Marshal(body)
	if err != nil {
		return 0, nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.address.api(path), bytes.NewReader(content))
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json, "+love.ProgressType)
	if c.cfg.token != "" {
		req.Header.Set("Authorization", "Token "+c.cfg.token)
	}
	patient := *c.cfg.http
	patient.Timeout = 0
	resp, err := patient.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	said := io.LimitReader(resp.Body, maxAnswer)
	if media, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type")); media != love.ProgressType {
		answer, err = io.ReadAll(said)
		if to := resp.Header.Get("Location"); resp.StatusCode/100 == 3 && to != "" {
			answer = []byte(to)
		}
		return resp.StatusCode, answer, err
	}
	lines := bufio.NewScanner(said)
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

// Component is what can be commanded of a component.
type Component struct {
	Indexed  bool                // there are several, told apart by their index
	Commands map[string][]string // by name without prefix, the names of their fields
}

// Components are the components of the observatory, by name, with their
// commands.
func (c *Client) Components(ctx context.Context) (map[string]Component, error) {
	var data map[string]struct {
		Commands map[string]map[string]struct{} `json:"command_data"`
	}
	if err := c.get(ctx, "/salinfo/topic-data", url.Values{"categories": {"command"}}, &data); err != nil {
		return nil, err
	}
	all := make(map[string]Component, len(data))
	for csc, d := range data {
		component := Component{Commands: make(map[string][]string, len(d.Commands))}
		for command, fields := range d.Commands {
			if _, has := fields["salIndex"]; has {
				component.Indexed = true
				delete(fields, "salIndex") // it is named with the component
			}
			component.Commands[command] = slices.AppendSeq([]string{}, maps.Keys(fields))
		}
		all[csc] = component
	}
	return all, nil
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
