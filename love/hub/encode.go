package hub

import (
	"github.com/rubin-love/love-go/internal/wire"
	"github.com/rubin-love/love-go/love"
)

// encodeStream returns a buffer with the payload for one stream of an item, or
// for all of them if name is that of the component and value the whole data.
func (r *router) encodeStream(it *wire.Item, name, value []byte, g *group) []byte {
	category, trace := r.msg.Category, r.tracing()
	buf := newBuffer(len(category) + len(it.CSC) + len(it.SalIndex) + len(name) + len(value) + len(g.text) + len(trace) + 80)
	buf = append(append(buf, `{"category":`...), category...)
	buf = appendItem(append(buf, `,"data":[`...), it.CSC, it.SalIndex, name, value)
	buf = append(append(buf, `],"subscription":`...), g.text...)
	buf = append(buf, trace...)
	return append(buf, '}')
}

func appendItem(buf, csc, index, name, value []byte) []byte {
	buf = append(append(buf, `{"csc":`...), csc...)
	buf = append(append(buf, `,"salindex":`...), index...)
	buf = append(append(buf, `,"data":{`...), name...)
	buf = append(append(buf, ':'), value...)
	return append(buf, "}}"...)
}

// encodeAll returns a buffer with the payload for the group of a whole
// category: the list as it was received.
func (r *router) encodeAll(g *group) []byte {
	msg, trace := r.msg, r.tracing()
	buf := newBuffer(len(msg.Category) + len(msg.Data) + len(g.text) + len(trace) + 48)
	buf = append(append(buf, `{"category":`...), msg.Category...)
	buf = append(append(buf, `,"data":`...), msg.Data...)
	buf = append(append(buf, `,"subscription":`...), g.text...)
	buf = append(buf, trace...)
	return append(buf, '}')
}

// tracing returns the member "tracing" for what is delivered of a message, encoded
// once for all its groups. The times are TAI (docs/protocol/manager.md#routing).
func (r *router) tracing() []byte {
	if !r.hub.tracing || len(r.trace) > 0 {
		return r.trace
	}
	t := append(r.trace, `,"tracing":{"producer_snd":`...)
	if wire.IsNumber(r.msg.ProducerSnd) {
		t = append(t, r.msg.ProducerSnd...)
	} else {
		t = append(t, "null"...)
	}
	t = love.AppendFloat(append(t, `,"manager_rcv_from_producer":`...), love.TAI(r.envelope.Received))
	for _, name := range [...]string{`,"manager_snd_to_group":`, `,"manager_rcv_from_group":`, `,"manager_snd_to_client":`} {
		t = love.AppendFloat(append(t, name...), r.tai)
	}
	r.trace = append(t, '}')
	return r.trace
}
