package love_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
)

func TestASubscriptionAndItsConfirmation(t *testing.T) {
	g := love.StreamGroup(love.CategoryEvent, "ATDome", 0, "summaryState")
	s := love.Subscription{Option: love.Subscribe, Group: g}
	require.Equal(t, `{"option":"subscribe","category":"event","csc":"ATDome","salindex":"0","stream":"summaryState"}`, string(s.AppendJSON(nil)))
	require.Equal(t, "Successfully subscribed to event-ATDome-0-summaryState", s.Confirmation())
	s.Option, s.ProducerSnd = love.Unsubscribe, 1.5
	require.Contains(t, string(s.AppendJSON(nil)), `,"producer_snd":1.5}`)
	require.Equal(t, "Successfully unsubscribed to event-ATDome-0-summaryState", s.Confirmation())

	asking := love.Subscription{Option: love.Subscribe, Group: g, Options: love.SubscribeOptions{Snapshot: true, Seq: true, History: 90 * time.Second, MaxRate: 2}}
	require.Contains(t, string(asking.AppendJSON(nil)), `"stream":"summaryState","snapshot":true,"seq":true,"history":90.0,"max_rate":2.0}`)
	var again love.Subscription
	require.NoError(t, again.UnmarshalJSON(asking.AppendJSON(nil)))
	require.Equal(t, asking, again)
	asking.Option = love.Unsubscribe
	require.NotContains(t, string(asking.AppendJSON(nil)), "snapshot")
}

func TestOptionsThatAManagerRefusesAreAnError(t *testing.T) {
	for _, o := range []love.SubscribeOptions{{}, {MaxRate: love.MinMaxRate}, {MaxRate: love.MaxMaxRate}, {History: 1}, {History: love.MaxHistory}} {
		require.NoError(t, o.Check())
	}
	require.ErrorContains(t, love.SubscribeOptions{MaxRate: 1e7}.Check(), "MaxRate")
	require.ErrorContains(t, love.SubscribeOptions{History: -1}.Check(), "24 hours at most")
	require.ErrorContains(t, love.SubscribeOptions{History: love.MaxHistory + 1}.Check(), "24 hours at most")
}
