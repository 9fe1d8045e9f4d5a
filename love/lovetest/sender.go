package lovetest

import (
	"context"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/producer"
)

// Sender is a [producer.Sender] for the tests of producers: it stands for the manager,
// without a socket. What the producers send is in its [Inbox].
//
//	func TestRack(t *testing.T) {
//		synctest.Test(t, func(t *testing.T) {
//			manager := lovetest.NewSender(t, newRack(1))
//			power := lovetest.Wait(manager, "telemetry-Rack-1-power", func(p Power) bool { return p.Volts > 0 })
//			…
type Sender struct {
	*Inbox

	producers []producer.Producer
}

var _ producer.Sender = (*Sender)(nil)

// NewSender returns a sender, and runs the producers with it until the test ends. In a
// bubble call synctest.Wait before they publish: of what is published before they run,
// only the newest of each stream is sent.
func NewSender(t testing.TB, producers ...producer.Producer) *Sender {
	s := &Sender{Inbox: newInbox(t), producers: producers}
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	for _, p := range producers {
		running.Go(func() {
			if err := p.Run(ctx, s); err != nil {
				t.Errorf("lovetest: running the producer %s: %v", p.Name(), err)
			}
		})
	}
	t.Cleanup(func() {
		cancel()
		running.Wait()
	})
	return s
}

// Send implements [producer.Sender]. A message that no manager could distribute, and
// one with a wrong header, by which a [producer.Client] would lose messages while there is
// no manager, makes the test fail, too.
func (s *Sender) Send(ctx context.Context, d producer.Data) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	var read producer.Data
	if err := read.UnmarshalJSON(d.JSON); err != nil {
		s.t.Errorf("lovetest: a producer sent %.300s: %v", d.JSON, err)
		return err
	}
	sameStreams := slices.Equal(slices.Sorted(slices.Values(d.Streams)), slices.Sorted(slices.Values(read.Streams)))
	if len(d.Streams) > 0 && len(read.Streams) > 0 && (d.Category != read.Category || !sameStreams) {
		s.t.Errorf("lovetest: a producer sent a header of category %q with the streams %q, and a message of category %q with %q",
			d.Category, d.Streams, read.Category, read.Streams)
	}
	msg, err := love.ParseMessage(read.JSON)
	if err != nil {
		return err
	}
	s.add(msg, "")
	return nil
}

// Connect has the producers send their newest data, as after each connection to a
// manager. What they send has arrived when it returns.
func (s *Sender) Connect() {
	s.t.Helper()
	for _, p := range s.producers {
		if err := p.InitialData(s.t.Context(), s); err != nil {
			s.t.Errorf("lovetest: initial data of the producer %s: %v", p.Name(), err)
		}
	}
}

// Request asks the producers for an event, as the manager does when somebody begins to
// watch it: those that subscribe to requests for its component. What they send has
// arrived when it returns.
func (s *Sender) Request(group string) {
	s.t.Helper()
	g := s.parse(group)
	index := love.IndexText(g.SalIndex)
	if n, err := strconv.Atoi(g.SalIndex); err == nil {
		index = love.Index(n)
	}
	r := producer.Request{CSC: g.CSC, SalIndex: index, Stream: g.Stream}
	for _, p := range s.producers {
		if names := p.Subscriptions(); !slices.Contains(names, love.All) && !slices.Contains(names, g.CSC) {
			continue
		}
		if err := p.HandleRequest(s.t.Context(), r, s); err != nil {
			s.t.Errorf("lovetest: request for %s to the producer %s: %v", group, p.Name(), err)
		}
	}
}
