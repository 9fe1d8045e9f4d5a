package salcommander

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/rubin-love/love-go/internal/leftout"
	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/sal"
)

// Commander is a [commander.Commander], [commander.Checker],
// [commander.Informer] and [commander.Heartbeater] that speaks to components
// through a [sal.Domain]. It is safe for concurrent use.
type Commander struct {
	domain *sal.Domain
	info   topicInfo

	mu      sync.Mutex
	remotes map[string]*remote
}

var (
	_ commander.Commander   = (*Commander)(nil)
	_ commander.Checker     = (*Commander)(nil)
	_ commander.Informer    = (*Commander)(nil)
	_ commander.Heartbeater = (*Commander)(nil)
)

// remote is the remote of one component, made when it is first commanded.
type remote struct {
	starting chan struct{} // holds a value while somebody uses the field below
	remote   *sal.Remote
}

// New returns a commander over a domain. Its remotes end with the domain.
func New(domain *sal.Domain) *Commander {
	return &Commander{domain: domain, remotes: map[string]*remote{}, info: topicInfo{defs: domain.Definitions()}}
}

// Execute implements [commander.Commander]. The acknowledgement has the text "Done"
// or that of the component, and the component's code. Unknown components, commands
// and parameters, and values that do not fit, are [commander.Refused] with a text
// that says what would be accepted; nothing is sent then. What has not been written to
// the bus when the context ends is never sent, and is [commander.NotSent]. A component
// that is silent or too slow when the context ends is [commander.TimedOut]
// (docs/protocol/commander.md).
func (c *Commander) Execute(ctx context.Context, call commander.Call) (love.Ack, error) {
	p, err := c.prepare(call.Command)
	if err != nil {
		return love.Ack{}, refusal(err)
	}
	r, err := c.remote(ctx, p.component.Name)
	if err != nil {
		return love.Ack{}, notSent(p, err)
	}
	opts := []sal.CommandOption{
		sal.WithTimeout(0),
		sal.OnProgress(func(a sal.Ack) { commander.Report(ctx, progressOf(a)) }),
	}
	if call.Identity != "" {
		opts = append(opts, sal.As(call.Identity))
	}
	wait, err := r.Send(ctx, p.topic.Attr(), p.values, opts...)
	if notWritten, ok := errors.AsType[*sal.NotWrittenError](err); ok {
		return love.Ack{}, notSent(p, notWritten)
	}
	if err != nil {
		return love.Ack{}, refusal(err)
	}
	ack, err := wait(commander.Sent(ctx))
	if err != nil {
		return failure(err)
	}
	return love.Ack{Text: cmp.Or(ack.Result, love.Done), Code: int(ack.Code), Error: ack.Error}, nil
}

// Check implements [commander.Checker]. The acknowledgement names the fields that are
// left out, with their units and what would be sent for them.
func (c *Commander) Check(_ context.Context, call commander.Call) (love.Ack, error) {
	p, err := c.prepare(call.Command)
	if err != nil {
		return love.Ack{}, refusal(err)
	}
	text := commander.WouldSend
	if missing := p.leftOut(); len(missing) > 0 {
		text += " Left out, so it would be sent with: " + strings.Join(missing, ", ") + "."
	}
	return love.Ack{Text: text}, nil
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

// leftOut returns the fields that are not given, as they would be sent.
func (p prepared) leftOut() (fields []string) {
	for _, f := range p.topic.Own() {
		if _, given := p.values[f.Name]; !given {
			fields = append(fields, leftout.WithUnits(f.Name, f.TypeName(), f.Units, f.Count))
		}
	}
	return fields
}

// prepare checks a command against its definition.
func (c *Commander) prepare(cmd love.Command) (p prepared, err error) {
	if p.values, err = parameters(cmd.Params); err != nil {
		return p, err
	}
	if p.component, err = c.component(cmd); err != nil {
		return p, err
	}
	if p.topic, err = p.component.Command(cmd.Name); err != nil {
		return p, withCommands(err, p.component)
	}
	if err = p.topic.Check(p.values); err == nil && p.component.Indexed {
		p.values["salIndex"] = cmd.SalIndex
	}
	return p, err
}

// component finds the component of a command and checks the index.
func (c *Commander) component(cmd love.Command) (*sal.Component, error) {
	defs := c.domain.Definitions()
	comp, err := defs.Component(cmd.CSC)
	if unknown, ok := errors.AsType[*sal.UnknownComponentError](err); ok && len(unknown.Suggestions) == 0 {
		return nil, commander.Refuse("%v; there are %s", err, strings.Join(defs.Names(), ", "))
	}
	if err != nil {
		return nil, err
	}
	return comp, comp.CheckIndex(cmd.SalIndex)
}

// withCommands adds to an unknown command what the component accepts.
func withCommands(err error, c *sal.Component) error {
	unknown, ok := errors.AsType[*sal.UnknownTopicError](err)
	if !ok || len(unknown.Suggestions) > 0 {
		return err
	}
	names := c.Names(sal.Command)
	if len(names) == 0 {
		return commander.Refuse("%s has no commands", c.Name)
	}
	return commander.Refuse("%s has no command %q; its commands are cmd_%s", c.Name, unknown.Name, strings.Join(names, ", cmd_"))
}

// remote returns the one remote for all instances of a component. The index is
// part of the command, so there are never more remotes than components,
// whatever the indices of the commands.
func (c *Commander) remote(ctx context.Context, name string) (*sal.Remote, error) {
	c.mu.Lock()
	entry := c.remotes[name]
	if entry == nil {
		entry = &remote{starting: make(chan struct{}, 1)}
		c.remotes[name] = entry
	}
	c.mu.Unlock()

	select {
	case entry.starting <- struct{}{}:
		defer func() { <-entry.starting }()
	case <-ctx.Done():
		return nil, fmt.Errorf("waiting for another command to be ready: %w", context.Cause(ctx))
	}
	if entry.remote != nil && entry.remote.Err() == nil {
		return entry.remote, nil
	}
	r, err := c.domain.Remote(ctx, name, 0, sal.WithTopics())
	if err != nil {
		return nil, err
	}
	entry.remote = r
	return r, nil
}

// Heartbeat implements [commander.Heartbeater]: it returns the time of the
// domain's clock, since a commander in this process is alive.
func (c *Commander) Heartbeat(context.Context) (time.Time, error) { return c.domain.Clock().Now(), nil }

// parameters reads the JSON object of a command's parameters. Integers keep
// all their digits.
func parameters(raw json.RawMessage) (sal.Values, error) {
	values := sal.Values{}
	if len(raw) > 0 {
		d := json.NewDecoder(bytes.NewReader(raw))
		d.UseNumber()
		if err := d.Decode(&values); err != nil || values == nil {
			return nil, commander.Refuse(`"params" must be an object with the parameters of the command by name, {} for none`)
		}
	}
	delete(values, "salIndex") // the command has its own "salindex"
	return values, nil
}

// refusal returns a mistake in the command as an error of kind [commander.Refused],
// and any other error as it is.
func refusal(err error) error {
	var component *sal.UnknownComponentError
	var topic *sal.UnknownTopicError
	var fields *sal.UnknownFieldError
	var value *sal.FieldError
	if errors.As(err, &component) || errors.As(err, &topic) || errors.As(err, &fields) || errors.As(err, &value) || errors.Is(err, sal.ErrIndex) {
		return commander.Refuse("%v", err)
	}
	return err
}

// notSent returns the error for a command that has not left and never will.
func notSent(p prepared, err error) error {
	command, why := p.component.Name+" "+p.topic.Attr(), err
	if notWritten, ok := errors.AsType[*sal.NotWrittenError](err); ok {
		if notWritten.TooLarge {
			return &commander.Error{Kind: commander.Refused, Err: err, Text: command + " is too large for the SAL bus. Nothing was sent: shorten its texts."}
		}
		why = notWritten.Err
	}
	text := fmt.Sprintf("%s could not be sent: %v. Nothing was sent.", command, why)
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		text = fmt.Sprintf("The SAL bus was not ready for %s in time. Nothing was sent: see whether its brokers and its schema registry run.", command)
	}
	return &commander.Error{Kind: commander.NotSent, Err: err, Text: text}
}

// failure returns the answer to a command that did not succeed: the component's
// acknowledgement, or an error if it gave none that ended the command.
func failure(err error) (love.Ack, error) {
	failed, ok := errors.AsType[*sal.AckError](err)
	switch {
	case !ok:
		return love.Ack{}, refusal(err)
	case errors.Is(failed, context.DeadlineExceeded) && failed.Ack.Code == sal.NoAck:
		return love.Ack{}, &commander.Error{Kind: commander.TimedOut, Err: failed, Text: "Command time out. No ack received from component."}
	case errors.Is(failed, context.DeadlineExceeded):
		return love.Ack{}, &commander.Error{
			Kind: commander.TimedOut, Code: int(failed.Ack.Code), Err: failed,
			Text: fmt.Sprintf("Command time out. Last ack received %v.", failed.Ack),
		}
	case failed.Cause != nil:
		return love.Ack{}, failed
	}
	ack := love.Ack{Text: failed.Ack.Result, Code: int(failed.Ack.Code), Error: failed.Ack.Error}
	if ack.Text == "" || ack.Text == love.Done { // would read as success
		ack.Text = failed.Ack.String()
	}
	return ack, nil
}
