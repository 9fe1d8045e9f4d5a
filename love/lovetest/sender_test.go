package lovetest_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/lovetest"
	"github.com/rubin-love/love-go/love/producer"
)

func TestSenderConnectsAndRequestsAsAManagerDoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		one, two := producer.NewInstance("Rack", 1), producer.NewInstance("Rack", 2)
		s := lovetest.NewSender(t, one, two)
		synctest.Wait()
		require.NoError(t, one.Event(t.Context(), "doors", doors{1}))
		require.NoError(t, two.Event(t.Context(), "doors", doors{2}))
		require.Len(t, s.Rest(), 2)

		s.Connect()
		require.Len(t, s.Rest(), 2, "the newest event of each")
		s.Request("event-Rack-2-doors")
		require.Equal(t, "event-Rack-2-doors", s.Next("all-all-all-all").Group)
		s.Request("event-Rack-3-doors")
		s.Request("event-Rack-1-power")
		s.None("all-all-all-all")
	})
}

// narrow is a producer that wants the requests to one component only, and fails.
type narrow struct{ *producer.Base }

var errNarrow = errors.New("broken")

func (narrow) Name() string            { return "narrow" }
func (narrow) Subscriptions() []string { return []string{"Rack"} }
func (narrow) HandleRequest(context.Context, producer.Request, producer.Sender) error {
	return errNarrow
}
func (narrow) InitialData(context.Context, producer.Sender) error { return errNarrow }
func (narrow) Run(context.Context, producer.Sender) error         { return errNarrow }

func TestSenderReportsTheErrorsOfProducers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		text := failureOf(t, func(t testing.TB) {
			s := lovetest.NewSender(t, narrow{})
			synctest.Wait()
			s.Request("event-Dome-0-doors") // of another component
			s.Request("event-Rack-1-doors")
			s.Connect()
		})
		require.Equal(t, "lovetest: running the producer narrow: broken\n"+
			"lovetest: request for event-Rack-1-doors to the producer narrow: broken\n"+
			"lovetest: initial data of the producer narrow: broken", text)
	})
}

func TestSenderRefusesWhatAManagerCouldNotDistribute(t *testing.T) {
	const message = `{"category":"event","data":[{"csc":"Rack","salindex":1,"data":{"doors":[{"open":1}]}}]}`
	event := func(streams ...string) producer.Header {
		return producer.Header{Category: love.CategoryEvent, CSC: "Rack", SalIndex: love.Index(1), Streams: streams}
	}
	for _, c := range []struct {
		data producer.Data
		want string
	}{
		{producer.Data{JSON: []byte(message)}, ""},
		{producer.Data{Header: event("doors"), JSON: []byte(message)}, ""},
		{producer.Data{JSON: []byte(`{"category":"event","data":[]}`)}, "without streams"},
		{producer.Data{JSON: []byte(`{"category":"event"`)}, "not a data message"},
		{producer.Data{Header: event("door"), JSON: []byte(message)}, `the streams ["door"], and a message of category "event" with ["doors"]`},
	} {
		text := failureOf(t, func(t testing.TB) {
			s := lovetest.NewSender(t)
			if err := s.Send(t.Context(), c.data); err == nil {
				s.Next("event-Rack-1-doors")
			}
		})
		require.Contains(t, text, c.want)
		require.Equal(t, c.want == "", text == "", text)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	require.ErrorIs(t, lovetest.NewSender(t).Send(ended, producer.Data{JSON: []byte(message)}), context.Canceled)
}
