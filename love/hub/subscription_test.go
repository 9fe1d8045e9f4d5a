package hub_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/hub"
)

func TestSubscribingIsConfirmedInTheOrderOfTheRequests(t *testing.T) {
	_, url := start(t)
	c := process(t, url)
	for _, option := range []string{"subscribe", "unsubscribe", "unsubscribe", "subscribe", "subscribe"} {
		c.send(request(option, "telemetry-ATDome-0-position"))
	}
	for _, word := range []string{"subscribed", "unsubscribed", "unsubscribed", "subscribed", "subscribed"} {
		require.Equal(t, `{"data":"Successfully `+word+` to telemetry-ATDome-0-position"}`, c.next())
	}
}

func TestASalindexMayBeANumberOrAText(t *testing.T) {
	_, url := start(t)
	c := process(t, url)
	for _, index := range []string{`1`, `"1"`, `"all"`, `-1`} {
		c.sendf(`{"option":"subscribe","category":"telemetry","csc":"Test","salindex":%s,"stream":"s"}`, index)
		require.Equal(t, `{"data":"Successfully subscribed to telemetry-Test-`+strings.Trim(index, `"`)+`-s"}`, c.next())
	}
	c.send(`{"category":"telemetry","data":[{"csc":"Test","salindex":"1","data":{"s":1}}]}`)
	require.Equal(t, []string{`{"category":"telemetry","data":[{"csc":"Test","salindex":"1","data":{"s":1}}],"subscription":"telemetry-Test-1-s"}`}, c.alive(),
		"one message for a group joined twice")
}

func TestUnsubscribingUndoesAnyNumberOfSubscriptions(t *testing.T) {
	_, url := start(t)
	c := process(t, url).subscribe("event-Test-1-s", "event-Test-1-s")
	c.send(request("unsubscribe", "event-Test-1-s"))
	require.Contains(t, c.next(), "unsubscribed")
	c.send(`{"category":"event","data":[{"csc":"Test","salindex":1,"data":{"s":1}}]}`)
	require.Empty(t, c.alive())
}

func TestUnknownOptionsAndActionsGetNoAnswer(t *testing.T) {
	_, url := start(t)
	c := process(t, url)
	c.send(`{"option":"observe","category":"event"}`)
	c.send(`{"action":"dance"}`)
	require.Empty(t, c.alive())
}

func TestTheTimeIsAnsweredWithTheRequestTimeAsItCame(t *testing.T) {
	_, url := start(t)
	c := process(t, url)
	for _, v := range []string{`0`, `1690852640.1230`, `"text"`, `null`, `{"a": [1]}`, `NaN`} {
		c.sendf(`{"action":"get_time_data","request_time":%s}`, v)
		answer := c.next()
		require.True(t, strings.HasSuffix(answer, `,"request_time":`+v+`}`), answer)
		require.True(t, strings.HasPrefix(answer, `{"time_data":{"utc":`), answer)
	}
}

func TestOptionWinsOverActionAndActionOverData(t *testing.T) {
	_, url := start(t)
	c := process(t, url).subscribe("event-all-all-all")
	c.send(`{"action":"get_time_data","request_time":1,"category":"event","data":[],"option":"subscribe","csc":"A","salindex":0,"stream":"s"}`)
	require.Equal(t, `{"data":"Successfully subscribed to event-A-0-s"}`, c.next())
	c.send(`{"action":"get_time_data","request_time":1,"category":"event","data":[]}`)
	require.Contains(t, c.next(), "time_data")
	require.Empty(t, c.alive())
}

func TestTooManySubscriptionsAreRefusedAndTheOthersStay(t *testing.T) {
	_, url := start(t, hub.WithLimits(hub.Limits{Subscriptions: 3, GroupName: 40}))
	c := process(t, url).subscribe("event-A-0-s1", "event-A-0-s2", "event-A-0-s3")
	c.send(request("subscribe", "event-A-0-s4"))
	require.Equal(t, `{"data":"Message ignored: \"option\" would exceed what one connection may have: leave something first"}`, c.next())
	c.send(request("unsubscribe", "event-A-0-s1"))
	c.next()
	c.subscribe("event-A-0-s4")
	c.send(request("subscribe", "event-A-0-"+strings.Repeat("x", 10_000)))
	require.Contains(t, c.next(), "too long")
}

func TestGroupsOfDifferentPartsThatReadTheSameAreDifferent(t *testing.T) {
	_, url := start(t)
	c := process(t, url)
	c.send(`{"option":"subscribe","category":"telemetry","csc":"A","salindex":"1","stream":"x-s"}`)
	require.Equal(t, `{"data":"Successfully subscribed to telemetry-A-1-x-s"}`, c.next())
	c.send(`{"category":"telemetry","data":[{"csc":"A","salindex":"1-x","data":{"s":1}}]}`)
	require.Empty(t, c.alive())
	c.send(`{"category":"telemetry","data":[{"csc":"A","salindex":1,"data":{"x-s":1}}]}`)
	require.Len(t, c.alive(), 1)
}

func TestAThousandQuickChangesAreAnsweredInOrder(t *testing.T) {
	h, url := start(t)
	c := process(t, url)
	go func() {
		for i := range 1000 {
			g := fmt.Sprintf("telemetry-A-%d-s%d", i%7, i)
			c.send(request("subscribe", g))
			c.send(request("unsubscribe", g))
		}
	}()
	for i := range 1000 {
		g := fmt.Sprintf("telemetry-A-%d-s%d", i%7, i)
		require.Equal(t, `{"data":"Successfully subscribed to `+g+`"}`, c.next())
		require.Equal(t, `{"data":"Successfully unsubscribed to `+g+`"}`, c.next())
	}
	require.Zero(t, h.Stats().Groups, "a group goes with its last member")
}
