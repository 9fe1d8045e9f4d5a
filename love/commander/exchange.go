package commander

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"strings"

	"github.com/rubin-love/love-go/love"
)

// maxAnswer bounds an answer of the commander, in bytes. The longest are
// answers to EFD queries.
const maxAnswer = 64 << 20

// exchange makes one request and reads its answer, within the limit.
func (h *HTTP) exchange(ctx context.Context, c Call) (Reply, error) {
	ctx, cancel := WithPatience(ctx, h.limit)
	defer cancel()
	var body io.Reader
	if len(c.Body) > 0 {
		body = bytes.NewReader(c.Body)
	}
	req, err := http.NewRequestWithContext(ctx, c.Method, "", body)
	if err != nil {
		return Reply{}, fmt.Errorf("asking the commander: %w", err)
	}
	req.URL = h.base.JoinPath(c.Path) // set directly, as parsing its text again takes longer
	req.URL.RawQuery = c.Query.Encode()
	req.Header.Set("Accept", "application/json, "+love.ProgressType)
	req.Header.Set("User-Agent", "love-go")
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := h.client.Do(req)
	if err != nil {
		return Reply{}, h.unanswered(ctx, c, err)
	}
	defer resp.Body.Close()
	content := io.LimitReader(resp.Body, maxAnswer+1)
	if isProgress(resp.Header.Get("Content-Type")) {
		return h.lines(ctx, c, content)
	}
	answer, err := io.ReadAll(content)
	switch {
	case err != nil:
		return Reply{}, h.unanswered(ctx, c, err)
	case len(answer) > maxAnswer:
		return Reply{}, c.unusable(resp.StatusCode, Reply{Status: resp.StatusCode}.unusable(fmt.Sprintf("more than %d MiB", maxAnswer>>20)))
	}
	reply, err := Reply{Status: resp.StatusCode, Body: answer}.Strict()
	switch {
	case err == nil:
		return reply, nil
	case resp.StatusCode == http.StatusNotFound:
		return AckReply(http.StatusNotFound, fmt.Sprintf("The commander at %s has no %s.", h.base.Host, c.Path)), nil
	}
	return Reply{}, c.unusable(resp.StatusCode, err)
}

// unusable extends the error of an answer that cannot be passed on by what may
// have happened nevertheless.
func (c Call) unusable(status int, err error) error {
	none, ok := errors.AsType[*NoReplyError](err)
	if !ok {
		return err
	}
	explained := *none
	if c.Path == commandPath && status == http.StatusInternalServerError {
		// The Python commander's way to refuse (protocol, section 11).
		explained.Text += " It does so for a component, command or parameter that it does not know: check these, then its log."
	} else {
		explained.Text += c.aftermath()
	}
	return &explained
}

func isProgress(contentType string) bool {
	if contentType == "application/json" { // nearly always
		return false
	}
	media, _, _ := mime.ParseMediaType(contentType)
	return media == love.ProgressType
}

// lines reads an answer that begins with progress.
func (h *HTTP) lines(ctx context.Context, c Call, content io.Reader) (Reply, error) {
	scan := bufio.NewScanner(content)
	scan.Buffer(nil, maxAnswer)
	for scan.Scan() {
		var line love.AnswerLine
		switch err := json.Unmarshal(scan.Bytes(), &line); {
		case err != nil:
			return Reply{}, c.unusable(http.StatusOK, Reply{Status: http.StatusOK}.unusable("no JSON: "+excerpt(scan.Bytes())))
		case line.Progress != nil:
			Report(ctx, *line.Progress)
		case line.Status != 0:
			return Reply{Status: line.Status, Body: line.Body}.Strict()
		}
	}
	err := scan.Err()
	if err == nil {
		err = io.ErrUnexpectedEOF
	}
	return Reply{}, h.unanswered(ctx, c, err)
}

// aftermath returns what to tell the operator if no answer came. It is empty for
// calls that change nothing.
func (c Call) aftermath() string {
	switch {
	case c.Method == http.MethodGet, c.Path == checkPath:
		return ""
	case c.Path == logPath:
		return " " + UnknownLog
	}
	return " " + unknownOutcome
}

// unanswered returns an error that says why no answer came.
func (h *HTTP) unanswered(ctx context.Context, c Call, err error) error {
	cause := context.Cause(ctx)
	aftermath := c.aftermath()
	switch {
	case errors.Is(cause, context.DeadlineExceeded):
		return &NoReplyError{
			Status: http.StatusGatewayTimeout, Sent: true, Err: cause,
			Text: fmt.Sprintf("The commander at %s did not answer in time.%s", h.base.Host, aftermath),
		}
	case cause != nil:
		return &NoReplyError{
			Status: http.StatusBadGateway, Sent: true, Err: cause,
			Text: "Nobody waits for the commander's answer any more." + aftermath,
		}
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		return &NoReplyError{
			Status: http.StatusBadGateway, Err: err,
			Text: fmt.Sprintf("The commander at %s cannot be reached. Nothing was sent: see whether it runs.", h.base.Host),
		}
	}
	return &NoReplyError{
		Status: http.StatusBadGateway, Sent: true, Err: err,
		Text: fmt.Sprintf("The commander at %s broke off its answer.%s", h.base.Host, aftermath),
	}
}

// excerpt returns the beginning of a body on one line, to be shown to people.
func excerpt(body []byte) string {
	const enough = 120
	s := strings.Join(strings.Fields(strings.ToValidUTF8(string(body[:min(len(body), enough)]), "")), " ")
	switch {
	case s == "":
		return "an empty body"
	case len(body) > enough:
		return s + "…"
	}
	return s
}
