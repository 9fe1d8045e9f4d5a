package hub_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/hub"
)

func TestAMessageThatBreaksARuleIsAnsweredAndTheConnectionStaysOpen(t *testing.T) {
	h, url := start(t)
	c := dialProcess(t, url).subscribe("event-Secret-0-s")
	cases := map[string]string{
		``:                                `not JSON at byte 0: expected a value`,
		`{"category":`:                    `not JSON at byte 12: expected a value`,
		`{"category":"event"`:             `not JSON at byte 19: expected ',' or '}'`,
		`[]`:                              `\"message\" must be a JSON object`,
		`7`:                               `\"message\" must be a JSON object`,
		`{}`:                              `\"category\" must be there, and a text`,
		`{"category":1,"data":[]}`:        `\"category\" must be there, and a text`,
		`{"category":"event"}`:            `\"data\" is missing: send a list of objects`,
		`{"category":"event","data":{}}`:  `\"data\" must be a list of objects`,
		`{"category":"event","data":[7]}`: `\"data\" must hold only objects: one element is not`,
		`{"category":"event","data":[{"salindex":0,"data":{}}]}`:                   `\"csc\" is missing: send the component's name`,
		`{"category":"event","data":[{"csc":1,"salindex":0,"data":{}}]}`:           `\"csc\" must be a text`,
		`{"category":"event","data":[{"csc":"Secret","data":{}}]}`:                 `\"salindex\" is missing: send a number or \"all\"`,
		`{"category":"event","data":[{"csc":"Secret","salindex":null,"data":{}}]}`: `\"salindex\" must be a number or a text`,
		`{"category":"event","data":[{"csc":"Secret","salindex":0}]}`:              `\"data\" of an element is missing: send an object of streams`,
		`{"category":"event","data":[{"csc":"Secret","salindex":0,"data":[1]}]}`:   `\"data\" of an element must be an object of streams`,
		`{"option":"subscribe"}`: `\"category\" must be there, and a text`,
		`{"option":"subscribe","category":"event","csc":"Secret","stream":"s"}`:    `\"salindex\" must be a number or a text such as \"all\"`,
		`{"option":"subscribe","category":"event","csc":"Secret","salindex":0}`:    `\"stream\" must be a text`,
		`{"option":"subscribe","category":"event","salindex":0,"stream":"s"}`:      `\"csc\" must be a text`,
		`{"option":1,"category":"event","csc":"Secret","salindex":0,"stream":"s"}`: `\"option\" must be a text`,
		`{"action":1}`:               `\"action\" must be a text`,
		`{"action":"get_time_data"}`: `\"request_time\" is missing: it is returned with the answer`,
		`{"category":"event","data":` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + `}`: `nested deeper than 512 levels`,
	}
	for message, rule := range cases {
		c.send(message)
		answer := "Message ignored: "
		if strings.Contains(message, `"data":[`) && json.Valid([]byte(message)) && strings.Contains(message, `"event"`) {
			answer = "Part of the message ignored: "
		}
		require.Equal(t, []string{`{"data":"` + answer + rule + `"}`}, c.sync(), "%.100s", message)
	}
	require.EqualValues(t, len(cases), h.Stats().Denied["malformed"])
}

func TestTheValidElementsOfAMalformedMessageAreDelivered(t *testing.T) {
	_, url := start(t)
	c := dialProcess(t, url).subscribe("event-A-0-s")
	c.send(`{"category":"event","data":[{"csc":"A"},{"csc":"A","salindex":0,"data":{"s":1}},null]}`)
	require.Equal(t, []string{
		`{"data":"Part of the message ignored: \"salindex\" is missing: send a number or \"all\""}`,
		`{"category":"event","data":[{"csc":"A","salindex":0,"data":{"s":1}}],"subscription":"event-A-0-s"}`,
	}, c.sync())
}

func TestSubscribingIsConfirmedInTheOrderOfTheRequests(t *testing.T) {
	_, url := start(t)
	c := dialProcess(t, url)
	for _, option := range []string{"subscribe", "unsubscribe", "unsubscribe", "subscribe", "subscribe"} {
		c.send(request(option, "telemetry-ATDome-0-position"))
	}
	for _, word := range []string{"subscribed", "unsubscribed", "unsubscribed", "subscribed", "subscribed"} {
		require.Equal(t, `{"data":"Successfully `+word+` to telemetry-ATDome-0-position"}`, c.next())
	}
}

func TestASalindexMayBeANumberOrAText(t *testing.T) {
	_, url := start(t)
	c := dialProcess(t, url)
	for _, index := range []string{`1`, `"1"`, `"all"`, `-1`} {
		c.sendf(`{"option":"subscribe","category":"telemetry","csc":"Test","salindex":%s,"stream":"s"}`, index)
		require.Equal(t, `{"data":"Successfully subscribed to telemetry-Test-`+strings.Trim(index, `"`)+`-s"}`, c.next())
	}
	c.send(`{"category":"telemetry","data":[{"csc":"Test","salindex":"1","data":{"s":1}}]}`)
	require.Equal(t, []string{`{"category":"telemetry","data":[{"csc":"Test","salindex":"1","data":{"s":1}}],"subscription":"telemetry-Test-1-s"}`}, c.sync(),
		"one message for a group joined twice")
}

func TestUnsubscribingUndoesRepeatedSubscriptions(t *testing.T) {
	_, url := start(t)
	c := dialProcess(t, url).subscribe("event-Test-1-s", "event-Test-1-s")
	c.send(request("unsubscribe", "event-Test-1-s"))
	require.Contains(t, c.next(), "unsubscribed")
	c.send(`{"category":"event","data":[{"csc":"Test","salindex":1,"data":{"s":1}}]}`)
	require.Empty(t, c.sync())
}

func TestUnknownOptionsAndActionsGetNoAnswer(t *testing.T) {
	_, url := start(t)
	c := dialProcess(t, url)
	c.send(`{"option":"observe","category":"event"}`)
	c.send(`{"action":"dance"}`)
	require.Empty(t, c.sync())
}

func TestTheTimeIsAnsweredWithTheRequestTimeUnchanged(t *testing.T) {
	_, url := start(t)
	c := dialProcess(t, url)
	for _, v := range []string{`0`, `1690852640.1230`, `"text"`, `null`, `{"a": [1]}`, `NaN`} {
		c.sendf(`{"action":"get_time_data","request_time":%s}`, v)
		answer := c.next()
		require.True(t, strings.HasSuffix(answer, `,"request_time":`+v+`}`), answer)
		require.True(t, strings.HasPrefix(answer, `{"time_data":{"utc":`), answer)
	}
}

func TestOptionTakesPrecedenceOverActionAndActionOverData(t *testing.T) {
	_, url := start(t)
	c := dialProcess(t, url).subscribe("event-all-all-all")
	c.send(`{"action":"get_time_data","request_time":1,"category":"event","data":[],"option":"subscribe","csc":"A","salindex":0,"stream":"s"}`)
	require.Equal(t, `{"data":"Successfully subscribed to event-A-0-s"}`, c.next())
	c.send(`{"action":"get_time_data","request_time":1,"category":"event","data":[]}`)
	require.Contains(t, c.next(), "time_data")
	require.Empty(t, c.sync())
}

func TestTooManySubscriptionsAreRefusedAndTheOthersRemain(t *testing.T) {
	_, url := start(t, hub.WithLimits(hub.Limits{Subscriptions: 3, GroupName: 40}))
	c := dialProcess(t, url).subscribe("event-A-0-s1", "event-A-0-s2", "event-A-0-s3")
	c.send(request("subscribe", "event-A-0-s4"))
	require.Equal(t, `{"data":"Message ignored: \"option\" would exceed what one connection may have: leave something first"}`, c.next())
	c.send(request("unsubscribe", "event-A-0-s1"))
	c.next()
	c.subscribe("event-A-0-s4")
	c.send(request("subscribe", "event-A-0-"+strings.Repeat("x", 10_000)))
	require.Contains(t, c.next(), "too long")
}

func TestAThousandQuickSubscriptionsAreAnsweredInOrder(t *testing.T) {
	h, url := start(t)
	c := dialProcess(t, url)
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
	require.Zero(t, h.Stats().Groups, "a group is removed with its last member")
}

// FuzzMessage sends any text to a hub: every answer is JSON, and the connection
// stays open.
func FuzzMessage(f *testing.F) {
	for _, seed := range []string{
		`{"option":"subscribe","category":"event","csc":"A","salindex":0,"stream":"s"}`,
		`{"option":"unsubscribe","category":"event","csc":"A","salindex":"0","stream":"s"}`,
		`{"category":"event","data":[{"csc":"A","salindex":0,"data":{"s":[NaN,1]}}],"producer_snd":1.5}`,
		`{"category":"event","data":[{"csc":"\u0041","salindex":"0","data":{"\u0073":1}},7]}`,
		`{"action":"get_time_data","request_time":{}}`,
		`{"category":"event"}`, `[]`, `{`, "",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		h := hub.New(hub.WithNaN(hub.NaNNull))
		defer func() { require.NoError(t, h.Shutdown(context.Background())) }()
		c := h.Local(auth.Principal{Process: true})
		defer func() { require.NoError(t, c.Close()) }()
		send := func(text string) { require.NoError(t, c.Send(t.Context(), []byte(text))) }

		send(request("subscribe", "event-A-0-s"))
		send(request("subscribe", "event-all-all-all"))
		send(text)
		send(`{"action":"get_time_data","request_time":"the end"}`)
		for {
			m, err := c.Receive(t.Context())
			require.NoError(t, err)
			require.True(t, json.Valid(m), "%q", m)
			if string(m[len(m)-10:]) == `"the end"}` {
				return
			}
		}
	})
}
