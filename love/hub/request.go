package hub

import (
	"context"
	"strconv"
	"time"

	"github.com/rubin-love/love-go/internal/wire"
	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
)

// inbound handles the messages of one session in their order. What they
// publish is collected and published together: data before the next request is
// handled, requests to producers at the end of the burst.
type inbound struct {
	session *Session
	burst   burst // sessions to wake at the end
	batch   []Envelope
	cuts    []*wire.Frame // to reuse, one for each of batch

	holdsData bool // the batch does
}

// The rules that a message breaks, beyond those of package wire.
var (
	errBinary  = &wire.Problem{Key: "message", Rule: "must be a text frame, not a binary one"}
	errPublish = &wire.Problem{Key: "category", Rule: "may not be published by this connection: a user's publishes only observing logs, and only with the permission to command"}

	errCategory    = &wire.Problem{Key: "category", Rule: "must be a text"}
	errCSC         = &wire.Problem{Key: "csc", Rule: "must be a text"}
	errStream      = &wire.Problem{Key: "stream", Rule: "must be a text"}
	errSalIndex    = &wire.Problem{Key: "salindex", Rule: `must be a number or a text such as "all"`}
	errOption      = &wire.Problem{Key: "option", Rule: "must be a text"}
	errAction      = &wire.Problem{Key: "action", Rule: "must be a text"}
	errRequestTime = &wire.Problem{Key: "request_time", Rule: "is missing: it is returned with the answer"}
	errGroupName   = &wire.Problem{Key: "stream", Rule: "and the other names are too long together"}
	errTooMany     = &wire.Problem{Key: "option", Rule: "would exceed what one connection may have: leave something first"}
)

// message handles one text message, which the inbound keeps until the end of
// the burst. The keys decide what it is (section 2.4).
func (in *inbound) message(text []byte) {
	cut := in.nextCut()
	if err := cut.Parse(text); err != nil {
		in.malformed(err)
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

func (in *inbound) nextCut() *wire.Frame {
	for len(in.cuts) <= len(in.batch) {
		in.cuts = append(in.cuts, new(wire.Frame))
	}
	return in.cuts[len(in.batch)]
}

func (in *inbound) publish() {
	if len(in.batch) == 0 {
		return
	}
	h := in.session.hub
	if err := h.broker.Publish(in.batch); err != nil {
		h.counters.unpublished.Add(uint64(len(in.batch)))
		h.log.Error("messages were not published", "count", len(in.batch), "error", err)
	}
	clear(in.batch)
	in.batch, in.holdsData = in.batch[:0], false
}

func (in *inbound) data(cut *wire.Frame, text []byte) {
	if !wire.IsText(cut.Category) {
		in.problem(errCategory)
		return
	}
	if p := cut.DataProblem(); p != nil {
		in.problem(p)
		return
	}
	s := in.session
	if !s.mayPublish(love.Category(wire.Text(cut.Category))) {
		s.hub.counters.forbidden.Add(1)
		in.reply("Message refused: " + errPublish.Error())
		return
	}
	for i := range cut.Items {
		if p := cut.Items[i].Problem; p != nil {
			in.problem(p)
			break
		}
	}
	s.hub.counters.received.Add(1)
	in.batch = append(in.batch, Envelope{Kind: EnvelopeData, Payload: text, Received: s.hub.clock.Now(), cut: cut})
	in.holdsData = true
}

func (s *Session) mayPublish(c love.Category) bool {
	switch {
	case s.principal.Process || s.hub.userPublish == PublishAny:
		return true
	case s.hub.userPublish == PublishNone || c != love.CategoryLoveCSC:
		return false
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	return s.hub.authorizer.Authorize(ctx, s.principal, auth.ExecuteCommand) == nil
}

func (in *inbound) action(cut *wire.Frame) {
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
		in.session.send(textFrame(append(buf, '}')), &in.burst)
	}
}

func (in *inbound) subscription(cut *wire.Frame) {
	group, problem := groupOf(cut)
	var option love.Option
	if wire.IsText(cut.Option) {
		option = love.Option(wire.Text(cut.Option))
	} else {
		problem = errOption
	}
	s := in.session
	switch {
	case option != love.Subscribe && option != love.Unsubscribe && problem != errOption:
		// Another option gets no answer (section 2.4).
	case problem != nil:
		in.problem(problem)
	case len(group.String()) > s.hub.limits.GroupName:
		in.problem(errGroupName)
	case option == love.Unsubscribe:
		s.leave(group)
		in.confirm(option, group)
	case len(s.groups) >= s.hub.limits.Subscriptions:
		in.problem(errTooMany)
	default:
		in.confirm(option, group)
		if group == heartbeatGroup {
			if f := s.hub.lastHeartbeat.Load(); f != nil {
				s.send(f, &in.burst)
			}
		}
		s.join(group)
		if group.Category == love.CategoryEvent {
			in.requestInitialState(cut, group)
		}
	}
}

// groupOf reads the group of a subscription.
func groupOf(cut *wire.Frame) (love.Group, *wire.Problem) {
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

// indexText is a salindex as part of a group's name: 1 and "1" are the same.
func indexText(raw []byte) []byte {
	if wire.IsText(raw) {
		return wire.Text(raw)
	}
	return raw
}

func (in *inbound) confirm(o love.Option, g love.Group) {
	in.reply(love.Subscription{Option: o, Group: g}.Confirmation())
}

// requestInitialState asks the producers of a component to send the newest
// sample of a stream once more (section 2.6).
func (in *inbound) requestInitialState(cut *wire.Frame, g love.Group) {
	msg := append([]byte(`{"category":"initial_state","data":[{"csc":`), cut.CSC...)
	msg = append(msg, `,"salindex":`...)
	if n, err := strconv.ParseInt(g.SalIndex, 10, 64); err == nil {
		msg = strconv.AppendInt(msg, n, 10) // producers compare it with a number
	} else {
		msg = love.AppendText(msg, g.SalIndex)
	}
	msg = append(append(msg, `,"data":{"event_name":`...), cut.Stream...)
	msg = append(msg, `}}],"subscription":"initial_state-all-all-all"}`...)
	in.batch = append(in.batch, Envelope{Kind: EnvelopeInitialState, Payload: msg, Received: in.session.hub.clock.Now()})
}

// malformed answers a message that is not JSON.
func (in *inbound) malformed(err error) {
	in.session.hub.counters.malformed.Add(1)
	in.reply("Message ignored: " + err.Error())
}

// problem answers a message that is not of the protocol. The text names the
// key and the rule and nothing of the message (quirk 8): the LOVE-frontend
// would take a group's name for a confirmation.
func (in *inbound) problem(p *wire.Problem) {
	in.session.hub.counters.malformed.Add(1)
	in.reply("Message ignored: " + p.Error())
}

func (in *inbound) reply(text string) {
	buf := love.AppendText(append(newBuffer(len(text)+16), `{"data":`...), text)
	in.session.send(textFrame(append(buf, '}')), &in.burst)
}

var heartbeatGroup = love.Group{Category: love.CategoryHeartbeat, CSC: "manager", SalIndex: "0", Stream: "stream"}
