package hub_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/hub"
)

func TestAMessageReachesItsThreeKindsOfGroups(t *testing.T) {
	_, url := start(t)
	pub := process(t, url)
	const data = `[{"csc":"ATDome","salindex":0,"data":{"position":{"az":1.50,"n":NaN},"state": [1, 2]},"extra":true}]`
	for group, want := range map[string][]string{
		"telemetry-ATDome-0-position": {`{"category":"telemetry","data":[{"csc":"ATDome","salindex":0,"data":{"position":{"az":1.50,"n":NaN}}}],"subscription":"telemetry-ATDome-0-position"}`},
		"telemetry-ATDome-0-all":      {`{"category":"telemetry","data":[{"csc":"ATDome","salindex":0,"data":{"ATDome":{"position":{"az":1.50,"n":NaN},"state": [1, 2]}}}],"subscription":"telemetry-ATDome-0-all"}`},
		"telemetry-all-all-all":       {`{"category":"telemetry","data":` + data + `,"subscription":"telemetry-all-all-all"}`},
		"telemetry-ATDome-all-all":    nil,
		"telemetry-all-0-position":    nil,
		"telemetry-ATDome-1-position": nil,
		"event-ATDome-0-position":     nil,
		"event-all-all-all":           nil,
	} {
		t.Run(group, func(t *testing.T) {
			sub := process(t, url).subscribe(group)
			pub.send(`{"producer_snd":1.5,"data":` + data + `,"category":"telemetry"}`)
			pub.alive()
			require.Equal(t, want, sub.alive())
		})
	}
}

func TestValuesArriveByteForByte(t *testing.T) {
	_, url := start(t)
	sub, pub := process(t, url).subscribe("event-A-0-s"), process(t, url)
	for _, v := range []string{
		`1.02813957817852497000`, `18446744073709551616`, `1e400`, `-0.0`, `1.0`, `"\u00e9é\/\ud83d\ude00"`, `{"b":1, "a":2,"b":3}`,
		`[NaN,Infinity,-Infinity]`, `"NaN"`, `null`, `[ ]`,
	} {
		pub.send(`{"category":"event","data":[{"csc":"A","salindex":0,"data":{"s":` + v + `}}]}`)
		require.Equal(t, `{"category":"event","data":[{"csc":"A","salindex":0,"data":{"s":`+v+`}}],"subscription":"event-A-0-s"}`, sub.next())
	}
}

func TestAConnectionThatAsksGetsNullForNaN(t *testing.T) {
	_, url := start(t)
	raw, strict := process(t, url).subscribe("event-A-0-s"), dial(t, url, "password=process&nan=null").subscribe("event-A-0-s")
	process(t, url).send(`{"category":"event","data":[{"csc":"A","salindex":0,"data":{"s":[NaN,-Infinity,Infinity,"NaN \" Infinity",1]}}]}`)
	require.Contains(t, raw.next(), `[NaN,-Infinity,Infinity,"NaN \" Infinity",1]`)
	require.Contains(t, strict.next(), `[null,null,null,"NaN \" Infinity",1]`)
}

func TestAHubCanSendNullForNaNToAll(t *testing.T) {
	_, url := start(t, hub.WithNaN(hub.NaNNull))
	c := process(t, url).subscribe("event-A-0-s")
	c.send(`{"category":"event","data":[{"csc":"A","salindex":0,"data":{"s":NaN}}]}`)
	require.Contains(t, c.next(), `{"s":null}`)
}

func TestNamesAreComparedByWhatTheySay(t *testing.T) {
	_, url := start(t)
	c := process(t, url).subscribe("event-A-0-s")
	c.send(`{"c\u0061tegory":"\u0065vent","data":[{"csc":"\u0041","salindex":0,"data":{"\u0073":1}}]}`)
	require.Equal(t, `{"category":"event","data":[{"csc":"A","salindex":0,"data":{"s":1}}],"subscription":"event-A-0-s"}`, c.next())
}

func TestEveryMemberOfTheDataListIsDelivered(t *testing.T) {
	_, url := start(t)
	c := process(t, url).subscribe("event-A-0-s", "event-A-1-s", "event-B-0-all", "event-C-0-all")
	c.send(`{"category":"event","data":[{"csc":"A","salindex":0,"data":{"s":1,"t":2}},{"csc":"A","salindex":1,"data":{"s":3}},{"csc":"B","salindex":0,"data":{}}]}`)
	got := strings.Join(c.alive(), "\n")
	require.Equal(t, strings.Join([]string{
		`{"category":"event","data":[{"csc":"A","salindex":0,"data":{"s":1}}],"subscription":"event-A-0-s"}`,
		`{"category":"event","data":[{"csc":"A","salindex":1,"data":{"s":3}}],"subscription":"event-A-1-s"}`,
		`{"category":"event","data":[{"csc":"B","salindex":0,"data":{"B":{}}}],"subscription":"event-B-0-all"}`,
	}, "\n"), got)
}

func TestAnEmptyListReachesTheBroadestGroup(t *testing.T) {
	_, url := start(t)
	c := process(t, url).subscribe("event-all-all-all")
	c.send(`{"category":"event","data":[ ]}`)
	require.Equal(t, `{"category":"event","data":[ ],"subscription":"event-all-all-all"}`, c.next())
}

func TestTheOrderOfASenderIsKept(t *testing.T) {
	_, url := start(t)
	sub, pub := process(t, url).subscribe("event-A-0-all"), process(t, url)
	const n = 2000
	go func() {
		for i := range n {
			pub.sendf(`{"category":"event","data":[{"csc":"A","salindex":0,"data":{"s%d":%d}}]}`, i%5, i)
		}
	}()
	for i := range n {
		require.Contains(t, sub.next(), `:`+itoa(i)+`}}`)
	}
}

func TestTracingCarriesTheProducersTimeAndFourOfTheManagers(t *testing.T) {
	_, url := start(t, hub.WithTracing(true))
	c := process(t, url).subscribe("event-A-0-s")
	c.send(`{"category":"event","producer_snd":1690852640.50,"data":[{"csc":"A","salindex":0,"data":{"s":1}}]}`)
	first := c.next()
	require.Contains(t, first, `"tracing":{"producer_snd":1690852640.50,"manager_rcv_from_producer":`)
	require.Len(t, decode(t, first)["tracing"], 5)
	c.send(`{"category":"event","data":[{"csc":"A","salindex":0,"data":{"s":1}}]}`)
	require.Contains(t, c.next(), `"tracing":{"producer_snd":null,`)
}
