package hub

import (
	"context"
	"strconv"
	"time"

	"github.com/rubin-love/love-go/internal/wire"
	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
)

// inbound handles the messages of one session in order. It collects what they
// publish: data is published before the next request is handled, requests to
// producers at the end of the burst.
type inbound struct {
	session *Session
	burst   burst // sessions to wake at the end
	batch   []Envelope
	cuts    []*wire.Message // reused; one for each element of batch

	holdsData bool // batch holds a data message
}

// The rules that a message can break, beyond those of package wire.
var (
	errBinary    = &wire.RuleError{Key: "message", Rule: "must be a text frame, not a binary one"}
	errPublish   = &wire.RuleError{Key: "category", Rule: "may not be published by this connection: a user's publishes only observing logs, and only with the permission to command"}
	errNoPublish = &wire.RuleError{Key: "category", Rule: "may not be published by this connection: a user's publishes nothing"}

	errCategory    = &wire.RuleError{Key: "category", Rule: "must be there, and a text"}
	errCSC         = &wire.RuleError{Key: "csc", Rule: "must be a text"}
	errStream      = &wire.RuleError{Key: "stream", Rule: "must be a text"}
	errSalIndex    = &wire.RuleError{Key: "salindex", Rule: `must be a number or a text such as "all"`}
	errOption      = &wire.RuleError{Key: "option", Rule: "must be a text"}
	errAction      = &wire.RuleError{Key: "action", Rule: "must be a text"}
	errRequestTime = &wire.RuleError{Key: "request_time", Rule: "is missing: it is returned with the answer"}
	errGroupName   = &wire.RuleError{Key: "stream", Rule: "and the other names are too long together"}
	errSnapshot    = &wire.RuleError{Key: "snapshot", Rule: "must be true or false"}
	errSeq         = &wire.RuleError{Key: "seq", Rule: "must be true or false"}
	errMaxRate     = &wire.RuleError{Key: "max_rate", Rule: "must be a number of messages per second, from 0.01 to 1000000"}
	errTooMany     = &wire.RuleError{Key: "option", Rule: "would exceed what one connection may have: leave something first"}
)

// message handles one text message, and keeps text until the end of the burst.
// The keys of the message decide what it is (section 2.4).
func (in *inbound) message(text []byte) {
	cut := in.nextCut()
	if err := cut.Parse(text); err != nil {
		in.problem(err)
		return
	}
	if in.holdsData && (cut.Option != nil || cut.Action != nil) {
		in.publish()
	}
	switch {
	case cut.Option != nil:
		in.subscription(cut)
	case cut.Action != nil:
		in.action(cut)
	default:
		in.data(cut, text)
	}
}

// end publishes what has been collected and wakes the sessions of the burst.
func (in *inbound) end() {
	in.publish()
	in.burst.flush()
}

func (in *inbound) nextCut() *wire.Message {
	for len(in.cuts) <= len(in.batch) {
		in.cuts = append(in.cuts, new(wire.Message))
	}
	return in.cuts[len(in.batch)]
}

func (in *inbound) publish() {
	if len(in.batch) == 0 {
		return
	}
	in.session.hub.publish(in.batch)
	for _, cut := range in.cuts[:min(len(in.cuts), len(in.batch))] {
		cut.Reset()
	}
	clear(in.batch)
	in.batch, in.holdsData = in.batch[:0], false
}

func (in *inbound) data(cut *wire.Message, text []byte) {
	if !wire.IsText(cut.Category) {
		in.problem(errCategory)
		return
	}
	if err := cut.CheckData(); err != nil {
		in.problem(err)
		return
	}
	s := in.session
	if !s.mayPublish(love.Category(wire.Text(cut.Category))) {
		s.hub.counters.deny(DenyPublish)
		in.reply("Message refused: " + s.hub.userPublish.problem().Error())
		return
	}
	for i := range cut.Items {
		if err := cut.Items[i].Err; err != nil {
			s.hub.counters.deny(DenyMalformed)
			in.reply("Part of the message ignored: " + err.Error())
			break
		}
	}
	s.hub.counters.receive()
	if !s.publishes {
		s.publishes = true
		s.hub.announce(s, true, firstComponent(cut))
	}
	in.batch = append(in.batch, Envelope{
		Kind: EnvelopeData, Payload: text, Received: s.hub.clock.Now(), Source: s.source.id, source: s.source, cut: cut,
	})
	in.holdsData = true
}

// problem returns the rule that a user who may not publish has broken.
func (u UserPublish) problem() error {
	if u == PublishNone {
		return errNoPublish
	}
	return errPublish
}

func firstComponent(cut *wire.Message) []string {
	if len(cut.Items) == 0 || cut.Items[0].Err != nil {
		return nil
	}
	return []string{string(wire.Text(cut.Items[0].CSC))}
}

func (s *Session) mayPublish(c love.Category) bool {
	switch {
	case s.principal.Process || s.hub.userPublish == PublishAny:
		return true
	case s.hub.userPublish == PublishNone:
		return false
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	may := func(p auth.Permission) bool { return s.hub.authorizer.Authorize(ctx, s.principal, p) == nil }
	return c == love.CategoryLoveCSC && may(auth.ExecuteCommand) || may(auth.Publish)
}

func (in *inbound) action(cut *wire.Message) {
	switch {
	case !wire.IsText(cut.Action):
		in.problem(errAction)
	case string(wire.Text(cut.Action)) != love.ActionTimeData:
		// An unknown action gets no answer (section 2.4).
	case cut.RequestTime == nil:
		in.problem(errRequestTime)
	default:
		buf := append(newBuffer(320), `{"time_data":`...)
		buf = love.TimeDataAt(in.session.hub.clock.Now()).AppendJSON(buf)
		buf = append(append(buf, `,"request_time":`...), cut.RequestTime...)
		in.session.send(textFrame(append(buf, '}')), in.session.hub.clock.Now(), &in.burst)
	}
}

func (in *inbound) subscription(cut *wire.Message) {
	if !wire.IsText(cut.Option) {
		in.problem(errOption)
		return
	}
	option := love.Option(wire.Text(cut.Option))
	if option != love.Subscribe && option != love.Unsubscribe {
		return // another option gets no answer (section 2.4)
	}
	group, err := groupOf(cut)
	if err != nil {
		in.problem(err)
		return
	}
	s := in.session
	if len(group.String()) > s.hub.limits.GroupName {
		in.deny(DenyGroupName, errGroupName)
		return
	}
	if option == love.Unsubscribe {
		s.leave(group)
		in.confirm(option, group)
		return
	}
	options, err := subscriptionOptionsOf(cut)
	if err != nil {
		in.problem(err)
		return
	}
	in.subscribe(group, options)
}

func (in *inbound) subscribe(group love.Group, o subscriptionOptions) {
	s := in.session
	if _, member := s.in(group); member == nil && len(s.groups) >= s.hub.limits.Subscriptions {
		in.deny(DenySubscriptions, errTooMany)
		return
	}
	in.confirm(love.Subscribe, group)
	if group == heartbeatGroup {
		if f := s.hub.lastHeartbeat.Load(); f != nil {
			s.send(f, s.hub.clock.Now(), &in.burst)
		}
	}
	s.join(group, o, &in.burst)
	if group.Category == love.CategoryEvent && wildcardShape(group) == 0 {
		in.requestInitialState(group)
	}
}

// subscriptionOptions holds what a client may ask for with a subscription.
type subscriptionOptions struct {
	snapshot bool          // the last value first
	seq      bool          // a counter in each message
	interval time.Duration // between two messages of one stream; 0: no limit
}

func subscriptionOptionsOf(cut *wire.Message) (o subscriptionOptions, err error) {
	for _, flag := range [...]struct {
		raw     []byte
		set     *bool
		problem error
	}{{cut.Snapshot, &o.snapshot, errSnapshot}, {cut.Seq, &o.seq, errSeq}} {
		switch string(flag.raw) {
		case "", "false":
		case "true":
			*flag.set = true
		default:
			return o, flag.problem
		}
	}
	if cut.MaxRate != nil {
		hz, err := strconv.ParseFloat(string(cut.MaxRate), 64)
		if err != nil || !wire.IsNumber(cut.MaxRate) || hz < minRate || hz > maxRate {
			return o, errMaxRate
		}
		o.interval = time.Duration(float64(time.Second) / hz)
	}
	return o, nil
}

// The bounds of max_rate, in hertz.
const (
	minRate = 0.01
	maxRate = 1e6
)

// groupOf returns the group of a subscription request.
func groupOf(cut *wire.Message) (love.Group, error) {
	switch {
	case !wire.IsText(cut.Category):
		return love.Group{}, errCategory
	case !wire.IsText(cut.CSC):
		return love.Group{}, errCSC
	case !wire.IsText(cut.SalIndex) && !wire.IsNumber(cut.SalIndex):
		return love.Group{}, errSalIndex
	case !wire.IsText(cut.Stream):
		return love.Group{}, errStream
	}
	return love.Group{
		Category: love.Category(wire.Text(cut.Category)), CSC: string(wire.Text(cut.CSC)),
		SalIndex: string(indexText(cut.SalIndex)), Stream: string(wire.Text(cut.Stream)),
	}, nil
}

// indexText returns a salindex as part of a group's name: 1 and "1" are the same.
func indexText(raw []byte) []byte {
	if wire.IsText(raw) {
		return wire.Text(raw)
	}
	return raw
}

func (in *inbound) confirm(o love.Option, g love.Group) {
	in.reply(love.Subscription{Option: o, Group: g}.Confirmation())
}

// problem answers a message that breaks a rule of the protocol.
func (in *inbound) problem(err error) { in.deny(DenyMalformed, err) }

// deny answers a message that is ignored. The text names the key and the rule
// but quotes nothing of the message (quirk 8): the LOVE-frontend would take a
// group's name for a confirmation.
func (in *inbound) deny(d Denial, err error) {
	in.session.hub.counters.deny(d)
	in.reply("Message ignored: " + err.Error())
}

func (in *inbound) reply(text string) {
	buf := love.AppendText(append(newBuffer(len(text)+16), `{"data":`...), text)
	f := textFrame(append(buf, '}'))
	f.barrier = true
	in.session.send(f, in.session.hub.clock.Now(), &in.burst)
}

var heartbeatGroup = love.StreamGroup(love.CategoryHeartbeat, "manager", 0, "stream")
