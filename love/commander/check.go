package commander

import (
	"context"
	"net/http"
)

// Unchecked is the text of a [Checker]'s reply when nobody on the way to the
// component can check its parameters.
const Unchecked = "You may send the command; this commander cannot check its parameters. It was not sent."

// checkWith has a command checked by a commander that can; one that cannot is
// no obstacle.
func checkWith(ctx context.Context, c Commander, r Request) (Reply, error) {
	if checker, ok := c.(Checker); ok {
		return checker.Check(ctx, r)
	}
	return AckReply(http.StatusOK, Unchecked), nil
}

// Check implements [Checker] as well as the commander behind can.
func (r *Recorder) Check(ctx context.Context, request Request) (Reply, error) {
	return checkWith(ctx, r.inner, request)
}

// Check implements [Checker]: a command that would not be let through, or would
// have to wait, is answered as it would be; the others as well as the
// commander behind can check them.
func (a *Authority) Check(ctx context.Context, r Request) (Reply, error) {
	switch reply, needed, stopped := a.judge(r); {
	case stopped:
		return reply, nil
	case needed:
		return AckReply(http.StatusAccepted, "The command would wait for a second person's approval."), nil
	}
	return checkWith(ctx, a.inner, r)
}

// checkPath is where a commander of ours checks commands. It is not below a
// path at which another would execute them.
const checkPath = "/check-cmd"

// Check implements [Checker]; commanders that have no such thing, as the
// Python one, are never sent the command.
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

// check answers POST /check-cmd: what POST /cmd/ would refuse it refuses with
// the same text, and it sends nothing.
func (h *handler) check(w http.ResponseWriter, r *http.Request) error {
	request, err := h.request(w, r)
	if err != nil {
		return err
	}
	reply, err := checkWith(r.Context(), h.Commander, request)
	return h.pass(w, reply, err, "")
}
