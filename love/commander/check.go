package commander

import (
	"context"
	"net/http"
)

// Unchecked is the text of a [Checker]'s reply when nobody on the way to the
// component can check its parameters.
const Unchecked = "You may send the command; this commander cannot check its parameters. It was not sent."

// checkWith checks a command with c if c is a [Checker]; otherwise the reply is
// [Unchecked].
func checkWith(ctx context.Context, c Commander, r Request) (Reply, error) {
	if checker, ok := c.(Checker); ok {
		return checker.Check(ctx, r)
	}
	return AckReply(http.StatusOK, Unchecked), nil
}

// Check implements [Checker] with the wrapped commander.
func (r *Recorder) Check(ctx context.Context, request Request) (Reply, error) {
	return checkWith(ctx, r.inner, request)
}

// Check implements [Checker]: a command that would be stopped, or would have to
// wait, is answered accordingly; the wrapped commander checks all others.
func (a *Authority) Check(ctx context.Context, r Request) (Reply, error) {
	switch reply, needed, stopped := a.judge(r); {
	case stopped:
		return reply, nil
	case needed:
		return AckReply(http.StatusAccepted, "The command would wait for a second person's approval."), nil
	}
	return checkWith(ctx, a.inner, r)
}

// checkPath is where our commanders check commands. It is not below /cmd/, so
// that no other commander executes what is posted to it.
const checkPath = "/check-cmd"

// Check implements [Checker]. A commander that cannot check, such as the Python
// one, has no such path: the reply is then [Unchecked].
func (h *HTTP) Check(ctx context.Context, r Request) (Reply, error) {
	body, err := stamped(r)
	if err != nil {
		return wrongRequest(err), nil
	}
	reply, err := h.Relay(ctx, Call{Method: http.MethodPost, Path: checkPath, Body: body})
	if err == nil && (reply.Status == http.StatusNotFound || reply.Status == http.StatusMethodNotAllowed) {
		return AckReply(http.StatusOK, Unchecked), nil
	}
	return reply, err
}

// check answers POST /check-cmd. It refuses what POST /cmd/ would refuse, with
// the same text, and sends nothing.
func (h *handler) check(w http.ResponseWriter, r *http.Request) error {
	request, err := h.request(w, r)
	if err != nil {
		return err
	}
	reply, err := checkWith(r.Context(), h.Commander, request)
	return h.pass(w, reply, err, "")
}
