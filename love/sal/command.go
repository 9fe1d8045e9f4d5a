package sal

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"
)

// defaultTimeout is the timeout of commands without [WithTimeout].
const defaultTimeout = time.Hour

// commandSettings holds what the options of a command set.
type commandSettings struct {
	identity string
	timeout  time.Duration
	progress func(Ack)
	firstAck bool // return with the first acknowledgement
}

// CommandOption changes a default of [Remote.Command].
type CommandOption func(*commandSettings)

// As sets the identity of the sender: "ana@host". It applies to this command only,
// not to others under way on the same remote
// (docs/protocol/sal-kafka.md#sending-commands). Default: the identity of the
// domain.
func As(identity string) CommandOption { return func(s *commandSettings) { s.identity = identity } }

// WithTimeout sets how long to wait for the command to be finished, counted from when
// it was sent. Whenever the component reports progress with an estimate, the timeout
// is extended by it. 0 leaves it to the context. Default: one hour.
func WithTimeout(d time.Duration) CommandOption {
	return func(s *commandSettings) { s.timeout = d }
}

// OnProgress calls f with each acknowledgement that does not end the command, as
// it comes. [Remote.Command] waits for f.
func OnProgress(f func(Ack)) CommandOption { return func(s *commandSettings) { s.progress = f } }

// UntilAcknowledged makes [Remote.Command] return with the first acknowledgement, of
// whatever kind. Default: it waits until the command is finished.
func UntilAcknowledged() CommandOption { return func(s *commandSettings) { s.firstAck = true } }

// commandKey identifies the command that an acknowledgement belongs to. The origin
// is not part of it because it is the same for all commands of a remote.
type commandKey struct {
	number   int
	identity string
}

// Command sends a command, by its name with or without prefix ("moveAzimuth",
// "cmd_moveAzimuth"), and waits until the component has finished it. Fields
// that are not given are zero, nil and lists of another length than defined are
// errors; a remote with index 0 names the instance in "salIndex".
//
// The error is an [*AckError] if the command did not succeed, which wraps
// [ErrTimeout] if the timeout passed. A command is sent only once. For the other
// errors see [Remote.Send].
func (r *Remote) Command(ctx context.Context, name string, values Values, opts ...CommandOption) (Ack, error) {
	wait, err := r.Send(ctx, name, values, opts...)
	if err != nil {
		return Ack{}, err
	}
	return wait(ctx)
}

// Send sends a command as [Remote.Command] does, and returns when the bus has accepted
// it. If that does not happen before ctx ends, it is never sent. The caller must call
// wait, which waits until the component has finished the command, and has the errors
// of [Remote.Command].
//
// The error is an [*UnknownTopicError] for an unknown command, an
// [*UnknownFieldError] or a [*FieldError] for values that do not fit, and may be a
// [*NotWrittenError]: then nothing was sent. After any other error the component may
// have the command.
func (r *Remote) Send(ctx context.Context, name string, values Values, opts ...CommandOption) (wait func(context.Context) (Ack, error), err error) {
	t, err := r.commandTopic(name)
	if err != nil {
		return nil, err
	}
	set := commandSettings{identity: r.domain.identity, timeout: defaultTimeout, progress: func(Ack) {}}
	for _, o := range opts {
		o(&set)
	}
	s, err := r.newCommand(t, values, set.identity)
	if err != nil {
		return nil, err
	}
	command := r.component.Instance(s.Index()) + " " + t.Attr()
	acks, remove, err := r.addPending(t, commandKey{s.Number(), set.identity})
	if err == nil && ctx.Err() != nil {
		remove()
		err = &NotWrittenError{Topic: t, Err: context.Cause(ctx)}
	}
	if err != nil {
		return nil, fmt.Errorf("%s: sending: %w", command, err)
	}
	if err := r.domain.bus.Publish(ctx, s); err != nil {
		remove()
		return nil, fmt.Errorf("%s: sending: %w", command, err)
	}
	return func(ctx context.Context) (Ack, error) {
		defer remove()
		return r.awaitFinal(ctx, command, acks, set)
	}, nil
}

func (r *Remote) commandTopic(name string) (*Topic, error) {
	t, err := r.component.Command(name)
	if err != nil {
		return nil, err
	}
	if !r.commands {
		return nil, fmt.Errorf("this remote of %s is read-only and cannot send %s", r.component.Instance(r.index), t.Attr())
	}
	return t, nil
}

// newCommand returns the sample of a command.
func (r *Remote) newCommand(t *Topic, values Values, identity string) (*Sample, error) {
	s, err := newCommand(t, values)
	if err != nil {
		return nil, err
	}
	if err := checkIdentity(t, identity); err != nil {
		return nil, err
	}
	r.domain.fillIn(s, r.index, identity, r.domain.commandNumber(r.component, t))
	return s, nil
}

// checkIdentity refuses an identity that the bus cannot carry.
func checkIdentity(t *Topic, identity string) error {
	f := t.Fields[t.position["private_identity"]]
	if _, reason := cellOf(f, identity); reason != "" {
		return &FieldError{Topic: t, Field: f, Reason: reason}
	}
	return nil
}

// fillIn sets the fields that belong to the writer
// (docs/protocol/sal-kafka.md#writer-fields).
func (d *Domain) fillIn(s *Sample, index int, identity string, number int) {
	if index != 0 {
		s.cells[0].Bits = uint64(index)
	}
	s.writer = index
	s.stamp(d.clock)
	s.private(atNumber).Bits = uint64(number)
	s.private(atRevision).Text = s.topic.RevisionCode()
	s.private(atIdentity).Text = identity
	s.private(atOrigin).Bits = uint64(d.origin)
}

// addPending registers a command as running, so that its acknowledgements are kept
// until remove is called.
func (r *Remote) addPending(t *Topic, key commandKey) (acks <-chan Ack, remove func(), err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err != nil {
		return nil, nil, &NotWrittenError{Topic: t, Err: r.err}
	}
	if r.pending[key] != nil {
		return nil, nil, &NotWrittenError{Topic: t, Err: errors.New("too many commands are under way")}
	}
	// A component may report progress any number of times; how much of it waits for
	// Command is bounded, see acknowledged.
	arrived := make(chan Ack, 16)
	r.pending[key] = arrived
	return arrived, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.pending, key)
	}, nil
}

// acknowledged passes an acknowledgement to its command, if this remote sent that and
// still waits for it.
func (r *Remote) acknowledged(s *Sample) {
	if int(s.Int("origin")) != r.domain.origin {
		return
	}
	r.mu.Lock()
	waiting := r.pending[commandKey{s.Number(), s.Text("identity")}]
	r.mu.Unlock()
	if waiting == nil {
		return
	}
	a := Ack{Code: AckCode(s.Int("ack")), Error: int(s.Int("error")), Result: s.Text("result"), Timeout: seconds(s.Float("timeout"))}
	select {
	case waiting <- a:
	default:
		if a.Code.Final() { // must not be lost, so it replaces a report of progress
			select {
			case <-waiting:
			default:
			}
			waiting <- a
		}
	}
}

// seconds converts seconds from the bus, where any float may come, to a duration.
func seconds(f float64) time.Duration {
	if !(f > 0) {
		return 0
	}
	return time.Duration(math.Min(f, 1e9) * float64(time.Second))
}

// awaitFinal waits for the final acknowledgement of a command, which errors name.
func (r *Remote) awaitFinal(ctx context.Context, command string, acks <-chan Ack, set commandSettings) (Ack, error) {
	last := Ack{Code: NoAck, Result: "No command acknowledgement seen"}
	if set.timeout == 0 {
		set.timeout = math.MaxInt64
	}
	end := r.domain.clock.Now().Add(set.timeout)
	timer := r.domain.clock.NewTimer(set.timeout)
	defer func() { timer.Stop() }()
	for {
		select {
		case last = <-acks:
			switch {
			case last.Code.IsFailure():
				return last, &AckError{Command: command, Ack: last}
			case last.Code.Final(), set.firstAck && (last.Code == Acknowledged || last.Code == InProgress):
				return last, nil
			case last.Code == InProgress && last.Timeout > 0:
				end = end.Add(last.Timeout)
				timer.Stop()
				timer = r.domain.clock.NewTimer(end.Sub(r.domain.clock.Now()))
			}
			set.progress(last)
		case <-timer.C():
			return last, &AckError{Command: command, Ack: last, Cause: ErrTimeout}
		case <-ctx.Done():
			return last, &AckError{Command: command, Ack: last, Cause: context.Cause(ctx)}
		case <-r.done:
			return last, &AckError{Command: command, Ack: last, Cause: r.Err()}
		}
	}
}

// checkOwn returns a [*FieldError] if the values contain private fields other than
// salIndex, which the library fills in.
func checkOwn(t *Topic, values Values) error {
	for name := range values {
		if i, ok := t.position[name]; ok && i < t.private() && name != fieldIndex {
			return &FieldError{Topic: t, Field: t.Fields[i], Reason: "is filled in when the sample is written, it cannot be given"}
		}
	}
	return nil
}

// trimKind removes the prefix of an attribute name, if there is one.
func trimKind(name string) string {
	for _, k := range [...]Kind{Command, Event, Telemetry, AckCmd} {
		if p := k.Prefix(); len(name) > len(p) && name[:len(p)] == p {
			return name[len(p):]
		}
	}
	return name
}
