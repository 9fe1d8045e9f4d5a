package commander

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/sal"
)

// SAL is a [Commander], [Checker], [Informer] and [Heartbeater] that speaks to
// components through a sal.Domain. It is safe for concurrent use.
type SAL struct {
	domain *sal.Domain
	limit  time.Duration
	info   topicInfo

	mu      sync.Mutex
	remotes map[string]*commanded
}

// commanded is the remote of one component, made when it is first commanded.
type commanded struct {
	mu     sync.Mutex
	remote *sal.Remote
}

// SALOption changes a default of [NewSAL].
type SALOption func(*SAL)

// WithTimeLimit sets how long a command may take; progress that the component
// reports extends it. Default: 10 s, as in the observatory. It corresponds to
// COMMAND_TIMEOUTS of the Python commander.
func WithTimeLimit(d time.Duration) SALOption { return func(s *SAL) { s.limit = d } }

// NewSAL returns a commander over a domain. Its remotes end with the domain.
func NewSAL(domain *sal.Domain, opts ...SALOption) *SAL {
	s := &SAL{domain: domain, limit: 10 * time.Second, remotes: map[string]*commanded{}}
	s.info.defs = domain.Definitions()
	for _, o := range opts {
		o(s)
	}
	return s
}

// Execute implements [Commander]. The replies are those of manager protocol,
// section 11: 200 with "Done" or the component's text, and the code of its
// acknowledgement; 504 if it was silent or too slow. Unknown components,
// commands and parameters, and values that do not fit, are answered 400 with a
// text that says what would be accepted; nothing is sent then.
func (s *SAL) Execute(ctx context.Context, r Request) (Reply, error) {
	p, err := s.prepare(r)
	if err != nil {
		return replyTo(err)
	}
	remote, err := s.remote(ctx, p.component.Name)
	if err != nil {
		return Reply{}, err
	}
	opts := []sal.CommandOption{
		sal.WithTimeout(s.limit),
		sal.OnProgress(func(a sal.Ack) { Report(ctx, progressOf(a)) }),
	}
	if r.Identity != "" {
		opts = append(opts, sal.As(r.Identity))
	}
	ack, err := remote.Command(ctx, p.topic.Attr(), p.values, opts...)
	if err != nil {
		return replyTo(err)
	}
	return replyWith(http.StatusOK, love.Ack{
		Text: cmp.Or(ack.Result, love.Done), Code: int(ack.Code), Error: ack.Error,
	}), nil
}

// Check implements [Checker].
func (s *SAL) Check(_ context.Context, r Request) (Reply, error) {
	if _, err := s.prepare(r); err != nil {
		return replyTo(err)
	}
	return AckReply(http.StatusOK, WouldSend), nil
}

func progressOf(a sal.Ack) love.Progress {
	return love.Progress{Code: int(a.Code), Name: a.Code.String(), Result: a.Result, Timeout: a.Timeout.Seconds()}
}

// prepared is a command that fits its definition.
type prepared struct {
	component *sal.Component
	topic     *sal.Topic
	values    sal.Values
}

// prepare checks a command against its definition.
func (s *SAL) prepare(r Request) (p prepared, err error) {
	c, err := r.Command()
	if err != nil {
		return p, &badRequest{err}
	}
	if p.values, err = parameters(c.Params); err != nil {
		return p, &badRequest{err}
	}
	if p.component, err = s.component(c); err != nil {
		return p, err
	}
	if p.topic, err = p.component.Command(c.Name); err != nil {
		return p, explain(err, p.component)
	}
	if err = p.topic.Check(p.values); err == nil && p.component.Indexed {
		p.values["salIndex"] = c.SalIndex
	}
	return p, err
}

// component finds the component of a command and checks the index.
func (s *SAL) component(c love.Command) (*sal.Component, error) {
	comp, err := s.domain.Definitions().Component(c.CSC)
	var unknown *sal.UnknownComponentError
	if errors.As(err, &unknown) && len(unknown.Suggestions) == 0 {
		return nil, &badRequest{fmt.Errorf("%w; there are %s", err, strings.Join(s.domain.Definitions().Names(), ", "))}
	}
	if err != nil {
		return nil, err
	}
	return comp, comp.CheckIndex(c.SalIndex)
}

// remote returns the one remote for all instances of a component. The index is
// part of the command, so there are never more remotes than components,
// whatever indices are asked for.
func (s *SAL) remote(ctx context.Context, name string) (*sal.Remote, error) {
	s.mu.Lock()
	entry := s.remotes[name]
	if entry == nil {
		entry = &commanded{}
		s.remotes[name] = entry
	}
	s.mu.Unlock()

	entry.mu.Lock()
	defer entry.mu.Unlock()
	if entry.remote != nil && entry.remote.Err() == nil {
		return entry.remote, nil
	}
	remote, err := s.domain.Remote(ctx, name, 0, sal.WithTopics())
	if err != nil {
		return nil, fmt.Errorf("commanding %s: %w", name, err)
	}
	entry.remote = remote
	return remote, nil
}

// Heartbeat implements [Heartbeater]: it returns the time of the domain's clock,
// since a commander in this process is alive.
func (s *SAL) Heartbeat(context.Context) (time.Time, error) { return s.domain.Clock().Now(), nil }

// parameters reads the JSON object of a command's parameters. Integers keep
// all their digits.
func parameters(raw json.RawMessage) (sal.Values, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var values sal.Values
	if err := d.Decode(&values); err != nil || values == nil {
		return nil, errors.New(`"params" must be an object with the parameters of the command by name, {} for none`)
	}
	delete(values, "salIndex") // the "salindex" of the command counts
	return values, nil
}

// badRequest is an error in the request, to be answered 400.
type badRequest struct{ error }

func (b *badRequest) Unwrap() error { return b.error }

// explain adds to an unknown command what the component accepts.
func explain(err error, c *sal.Component) error {
	var unknown *sal.UnknownTopicError
	if !errors.As(err, &unknown) || len(unknown.Suggestions) > 0 {
		return err
	}
	names := c.Names(sal.Command)
	if len(names) == 0 {
		return &badRequest{fmt.Errorf("%s has no commands", c.Name)}
	}
	return &badRequest{fmt.Errorf("%s has no command %q; its commands are cmd_%s", c.Name, unknown.Name, strings.Join(names, ", cmd_"))}
}

// replyTo turns an error into a reply, or returns it if there was no answer.
func replyTo(err error) (Reply, error) {
	var failed *sal.AckError
	if errors.As(err, &failed) {
		return replyToAck(failed)
	}
	var bad *badRequest
	var component *sal.UnknownComponentError
	var topic *sal.UnknownTopicError
	var fields *sal.UnknownFieldError
	var value *sal.FieldError
	if errors.As(err, &bad) || errors.As(err, &component) || errors.As(err, &topic) ||
		errors.As(err, &fields) || errors.As(err, &value) || errors.Is(err, sal.ErrIndex) {
		return wrongRequest(err), nil
	}
	return Reply{}, err
}

func wrongRequest(err error) Reply { return AckReply(http.StatusBadRequest, err.Error()) }

// replyToAck returns the reply to a command that did not succeed.
func replyToAck(failed *sal.AckError) (Reply, error) {
	answer := love.Ack{Text: failed.Ack.Result, Code: int(failed.Ack.Code), Error: failed.Ack.Error}
	switch {
	case errors.Is(failed, sal.ErrTimeout), errors.Is(failed, context.DeadlineExceeded):
		if failed.Ack.Code == sal.NoAck {
			return AckReply(http.StatusGatewayTimeout, "Command time out. No ack received from component."), nil
		}
		answer.Text = fmt.Sprintf("Command time out. Last ack received %v.", failed.Ack)
		return replyWith(http.StatusGatewayTimeout, answer), nil
	case failed.Cause != nil:
		return Reply{}, failed
	case answer.Text == "" || answer.Text == love.Done:
		// These would be taken for success.
		answer.Text = failed.Ack.String()
	}
	return replyWith(http.StatusOK, answer), nil
}
