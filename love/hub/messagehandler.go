package hub

import (
	"github.com/rubin-love/love-go/internal/wire"
	"github.com/rubin-love/love-go/love"
)

// messageHandler handles the messages of one session in order. It collects what
// they publish: data is published before the next request is handled, requests
// to producers at the end of the burst.
type messageHandler struct {
	session *session
	wakes   wakeList // of what was sent to this session
	batch   []Envelope
	parsed  []*wire.Message // reused; one for each element of batch

	holdsData bool // batch holds a data message
}

// handle handles one text message, and keeps text until the end of the burst. The
// keys of the message decide what it is (docs/protocol/manager.md#messages).
func (m *messageHandler) handle(text []byte) {
	msg := m.nextMessage()
	err := msg.Parse(text)
	data := err == nil && msg.Option == nil && msg.Action == nil
	if !data && !m.mayRequest() {
		return
	}
	if m.holdsData && !data {
		m.publish()
	}
	switch {
	case err != nil:
		m.ignore(err)
	case msg.Option != nil:
		m.handleSubscription(msg)
	case msg.Action != nil:
		m.handleAction(msg)
	default:
		m.handleData(msg, text)
	}
}

// flush ends the burst: it publishes what has been collected and wakes the
// session if it got answers.
func (m *messageHandler) flush() {
	m.publish()
	m.wakes.wakeAll()
}

// nextMessage returns the memory for the message that may become the next
// element of batch.
func (m *messageHandler) nextMessage() *wire.Message {
	for len(m.parsed) <= len(m.batch) {
		m.parsed = append(m.parsed, new(wire.Message))
	}
	return m.parsed[len(m.batch)]
}

func (m *messageHandler) publish() {
	if len(m.batch) == 0 {
		return
	}
	m.session.hub.publish(m.batch)
	for _, msg := range m.parsed[:min(len(m.parsed), len(m.batch))] {
		msg.Reset()
	}
	clear(m.batch)
	m.batch, m.holdsData = m.batch[:0], false
}

func (m *messageHandler) handleData(msg *wire.Message, text []byte) {
	if !wire.IsText(msg.Category) {
		m.ignoreData(errCategory)
		return
	}
	if err := msg.CheckData(); err != nil {
		m.ignoreData(err)
		return
	}
	s, h := m.session, m.session.hub
	if !s.mayPublish(love.Category(wire.Text(msg.Category))) {
		if m.mayRequest() {
			h.counters.deny(DenyPublish)
			m.reply("Message refused: " + h.userPublish.rule().Error())
		}
		return
	}
	for i := range msg.Items {
		if err := msg.Items[i].Err; err != nil {
			h.counters.deny(DenyMalformed)
			m.reply("Part of the message ignored: " + err.Error())
			break
		}
	}
	h.counters.receive()
	if !s.publishes.Swap(true) {
		h.announce(s, true, firstComponent(msg))
	}
	m.batch = append(m.batch, Envelope{
		Kind: EnvelopeData, Payload: text, Received: h.clock.Now(), Source: s.source.id, source: s.source, parsed: msg,
	})
	m.holdsData = true
}

func firstComponent(msg *wire.Message) []string {
	if len(msg.Items) == 0 || msg.Items[0].Err != nil {
		return nil
	}
	return []string{string(wire.Text(msg.Items[0].CSC))}
}

func (m *messageHandler) handleAction(msg *wire.Message) {
	switch {
	case !wire.IsText(msg.Action):
		m.ignore(errAction)
	case string(wire.Text(msg.Action)) != love.ActionTimeData:
		// An unknown action gets no answer (docs/protocol/manager.md#messages).
	case msg.RequestTime == nil:
		m.ignore(errRequestTime)
	default:
		now := m.session.hub.clock.Now()
		buf := append(newBuffer(320), `{"time_data":`...)
		buf = love.TimeDataAt(now).AppendJSON(buf)
		buf = append(append(buf, `,"request_time":`...), msg.RequestTime...)
		m.session.send(textFrame(append(buf, '}')), now, &m.wakes)
	}
}

func (m *messageHandler) handleSubscription(msg *wire.Message) {
	if !wire.IsText(msg.Option) {
		m.ignore(errOption)
		return
	}
	option := love.Option(wire.Text(msg.Option))
	if option != love.Subscribe && option != love.Unsubscribe {
		return // another option gets no answer (docs/protocol/manager.md#messages)
	}
	group, err := parseGroup(msg)
	if err != nil {
		m.ignore(err)
		return
	}
	s := m.session
	if nameBytes(group) > s.hub.limits.GroupName {
		m.deny(DenyGroupName, errGroupName)
		return
	}
	if option == love.Unsubscribe {
		s.leave(group, confirmation(option, group), &m.wakes)
		return
	}
	options, err := parseSubscribeOptions(msg)
	if err == nil && options.History > 0 && !isOfOne(group) {
		err = errHistoryOf
	}
	if err != nil {
		m.ignore(err)
		return
	}
	m.subscribe(group, options)
}

func (m *messageHandler) subscribe(group love.Group, o SubscribeOptions) {
	s := m.session
	if _, member := s.membership(group); member == nil && len(s.groups) >= s.hub.limits.Subscriptions {
		m.deny(DenySubscriptions, errTooMany)
		return
	}
	if !s.mayHold(group) {
		m.deny(DenySubscriptionBytes, errMemory)
		return
	}
	if (o.Snapshot || s.alwaysLast) && !s.reserveSnapshot(group, s.hub.clock.Now()) {
		m.deny(DenySnapshot, errSnapshots)
		return
	}
	if o.History > 0 && s.hub.hasPast(group) && !s.reservePast(s.hub.clock.Now()) {
		m.deny(DenySnapshot, errHistories)
		return
	}
	m.join(group, o, confirmation(love.Subscribe, group))
}

// join puts the session into a group and queues the confirmation, nil for none. For
// an event, it asks the producers for its present state.
func (m *messageHandler) join(group love.Group, o SubscribeOptions, confirmation *frame) {
	s := m.session
	s.join(group, o, confirmation, &m.wakes)
	if f := s.hub.lastHeartbeat.Load(); f != nil && group == heartbeatGroup {
		s.hub.counters.offer(1)
		s.deliver(nil, f, s.hub.clock.Now(), &m.wakes)
	}
	if group.Category == love.CategoryEvent && wildcardShape(group) == 0 {
		m.requestInitialState(group)
	}
}

// confirmation returns the frame that confirms a change of subscriptions.
func confirmation(o love.Option, g love.Group) *frame {
	return answerFrame(love.Subscription{Option: o, Group: g}.Confirmation())
}

// mayRequest takes a token for a message that is not published.
func (m *messageHandler) mayRequest() bool {
	return m.session.mayRequest(m.session.hub.clock.Now())
}

// ignoreData answers a data message that is malformed.
func (m *messageHandler) ignoreData(err error) {
	if m.mayRequest() {
		m.ignore(err)
	}
}

// ignore answers a message that is malformed.
func (m *messageHandler) ignore(err error) { m.deny(DenyMalformed, err) }

// deny answers a message that is ignored. The text names the key and the rule but
// quotes nothing of the message (docs/protocol/manager.md#bad-messages): the
// LOVE-frontend would take a group's name for a confirmation.
func (m *messageHandler) deny(d Denial, err error) {
	m.session.hub.counters.deny(d)
	m.reply("Message ignored: " + err.Error())
}

func (m *messageHandler) reply(text string) {
	m.session.send(answerFrame(text), m.session.hub.clock.Now(), &m.wakes)
}

func answerFrame(text string) *frame {
	buf := love.AppendText(append(newBuffer(len(text)+16), `{"data":`...), text)
	return textFrame(append(buf, '}'))
}
