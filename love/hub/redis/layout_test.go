package redis_test

import (
	"bufio"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/rueidis"
	"github.com/stretchr/testify/require"
)

// What docs/scaling.md says of channels and keys.
func TestAManagerSubscribesOnlyToWhatItsSessionsWant(t *testing.T) {
	s := startServer(t)
	o := faultOptions()
	o.Linger = 1 // ns
	m := newManager(t, s.address(), o)
	admin := client(t, s.address())
	channels := func() []string {
		list, err := admin.Do(t.Context(), admin.B().PubsubChannels().Build()).AsStrSlice()
		require.NoError(t, err)
		list = slices.DeleteFunc(list, func(c string) bool { return c == "{love}:control" || strings.HasPrefix(c, "{love}:m:") })
		slices.Sort(list)
		return list
	}
	patterns := func() int64 {
		n, err := admin.Do(t.Context(), admin.B().PubsubNumpat().Build()).AsInt64()
		require.NoError(t, err)
		return n
	}
	require.Empty(t, channels())
	a := m.session().subscribe("", "event-A-1-s", "event-A-1-all", "telemetry-a:b-0-s")
	want := []string{"{love}:c:event::", "{love}:c:event:A:1", "{love}:c:telemetry::", "{love}:c:telemetry:a%3Ab:0"}
	require.Equal(t, want, channels())

	all := m.session().subscribe("", "event-all-all-all")
	eventually(t, func() bool { return patterns() == 1 && slices.Equal(channels(), want[2:]) }, "the pattern stands for them")
	all.send(`{"option":"unsubscribe","category":"event","csc":"all","salindex":"all","stream":"all"}`)
	eventually(t, func() bool { return patterns() == 0 && slices.Equal(channels(), want) }, "as before")
	require.NoError(t, a.l.Close())
	eventually(t, func() bool { return len(channels()) == 0 }, "nobody wants anything")
}

func TestOneRedisMessageForEachPublishedMessage(t *testing.T) {
	s := startServer(t)
	here, there := newManager(t, s.address(), faultOptions()), newManager(t, s.address(), faultOptions())
	remote := there.session().subscribe("", "event-A-0-s", "event-A-0-all", "event-all-all-all", "event-*-*-*")
	seen := make(chan string, 100)
	watcher, release := client(t, s.address()).Dedicate()
	defer release()
	watcher.SetPubSubHooks(rueidis.PubSubHooks{OnMessage: func(m rueidis.PubSubMessage) { seen <- m.Channel }})
	require.NoError(t, watcher.Do(t.Context(), watcher.B().Psubscribe().Pattern("{love}:c:*").Build()).Error())
	producer := here.session()
	for range 3 {
		producer.publish("event", "s", 1)
	}
	producer.send(`{"category":"event","data":[{"csc":"A","salindex":0,"data":{"s":2,"t":3}},{"csc":"B","salindex":0,"data":{"s":2,"t":3}}]}`)
	for range 3*4 + 1 + 1 + 1 + 4 { // to the stream, the component, the category, and each stream by wildcard
		remote.next()
	}
	var got []string
	for len(got) < 5 {
		got = append(got, <-seen)
	}
	require.Equal(t, 3, len(slices.DeleteFunc(slices.Clone(got), func(c string) bool { return c != "{love}:c:event:A:0" })))
	require.Equal(t, 1, len(slices.DeleteFunc(slices.Clone(got), func(c string) bool { return c != "{love}:c:event::" })), "one for a message about several")
	require.Empty(t, seen)
}

// A manager that reads the others may remove one from the set that it takes for dead, and that
// is not.
func TestAManagerThatWasRemovedFromTheSetComesBackToIt(t *testing.T) {
	s := startServer(t)
	m := newManager(t, s.address(), faultOptions())
	admin := client(t, s.address())
	members := func() []string {
		list, err := admin.Do(t.Context(), admin.B().Smembers().Key("{love}:managers").Build()).AsStrSlice()
		require.NoError(t, err)
		return list
	}
	before := members()
	require.Len(t, before, 1)
	require.NoError(t, admin.Do(t.Context(), admin.B().Srem().Key("{love}:managers").Member(before...).Build()).Error())
	eventually(t, func() bool { return slices.Equal(members(), before) }, "it is back")
	require.Zero(t, m.broker.Stats().Reconnects)
}

func TestAManagerRegistersInOneTransaction(t *testing.T) {
	s := startServer(t)
	admin := client(t, s.address())
	monitor, err := net.Dial("tcp", s.host())
	require.NoError(t, err)
	defer monitor.Close()
	require.NoError(t, monitor.SetDeadline(time.Now().Add(patience)))
	_, err = monitor.Write([]byte("MONITOR\r\n"))
	require.NoError(t, err)
	lines := bufio.NewScanner(monitor)
	require.True(t, lines.Scan(), "it watches")
	newManager(t, s.address(), faultOptions())
	require.NoError(t, admin.Do(t.Context(), admin.B().Echo().Message("registered").Build()).Error())
	inTransaction, found := false, false
	for lines.Scan() && !strings.Contains(lines.Text(), `"registered"`) {
		switch line := lines.Text(); {
		case strings.Contains(line, `"MULTI"`):
			inTransaction = true
		case strings.Contains(line, `"EXEC"`):
			inTransaction = false
		case strings.Contains(line, `"SADD" "{love}:managers"`):
			found = true
			require.True(t, inTransaction, line)
		}
	}
	require.NoError(t, lines.Err())
	require.True(t, found)
}

func TestLastValuesExpireWithTheirSources(t *testing.T) {
	s := startServer(t)
	o := faultOptions()
	o.Expiry = 6 * time.Second
	m := newManager(t, s.address(), o)
	gone, stays := m.session(), m.session()
	gone.publish("event", "s", 1)
	stays.send(`{"category":"event","data":[{"csc":"B","salindex":0,"data":{"s":2}}]}`)
	require.NoError(t, gone.l.Close())
	admin := client(t, s.address())
	exists := func(key string) bool {
		n, err := admin.Do(t.Context(), admin.B().Exists().Key(key).Build()).AsInt64()
		require.NoError(t, err)
		return n == 1
	}
	eventually(t, func() bool { return exists("{love}:v:event:A:0") && exists("{love}:v:event:B:0") }, "both are there")
	eventually(t, func() bool { return !exists("{love}:v:event:A:0") }, "it ends")
	require.True(t, exists("{love}:v:event:B:0"), "its source is connected")

	const components = "{love}:components:event"
	ms, err := admin.Do(t.Context(), admin.B().Pttl().Key(components).Build()).AsInt64()
	require.NoError(t, err)
	require.Positive(t, ms, "the set ends, too")
	newManager(t, s.address(), faultOptions()).session().subscribe("", "event-all-all-all")
	eventually(t, func() bool {
		list, err := admin.Do(t.Context(), admin.B().Smembers().Key(components).Build()).AsStrSlice()
		return err == nil && slices.Contains(list, "B:0") && !slices.Contains(list, "A:0")
	}, "who reads them removes what has ended")
	gone = m.session()
	gone.publish("event", "s", 2)
	eventually(t, func() bool {
		found, err := admin.Do(t.Context(), admin.B().Sismember().Key(components).Member("A:0").Build()).AsBool()
		return err == nil && found
	}, "it is there again")
}

func TestWhatIsNotOursIsCountedAndSkipped(t *testing.T) {
	s := startServer(t)
	m := newManager(t, s.address(), faultOptions())
	session := m.session().subscribe("", "event-A-0-s")
	admin := client(t, s.address())
	do := func(words ...string) {
		require.NoError(t, admin.Do(t.Context(), admin.B().Arbitrary(words...).Build()).Error())
	}
	for _, text := range []string{"", "x", "\x01", "\x01\x00short", "\x02\x00" + strings.Repeat("x", 40), "\x01\xff" + strings.Repeat("x", 40)} {
		do("PUBLISH", "{love}:c:event:A:0", text)
		do("PUBLISH", "{love}:control", text)
	}
	eventually(t, func() bool { return m.broker.Stats().Malformed == 12 }, "each is counted")
	header := "\x01\x00" + "originor" + "\x00\x00\x00\x00\x00\x00\x00"
	for i, payload := range []string{"", "no JSON", "[]", "{}", `{"category":1}`, `{"category":"event","data":1}`} {
		do("PUBLISH", "{love}:c:event:A:0", header+string(rune(i+1))+"\x02\x01s"+payload)
		do("PUBLISH", "{love}:c:event:A:0", "\x01\x01"+"originaa"+header[10:]+string(rune(i+1))+"\x02\x01s"+payload)
	}
	do("SADD", "{love}:components:event", "B:0", "C:0", "odd")
	do("HSET", "{love}:v:event:B:0", `"s"`, "no value", `"t"`, "0000000000000001\x01", "", "")
	do("SET", "{love}:v:event:C:0", "another type")
	joined := m.session().subscribe(`,"snapshot":true`, "event-all-all-all")
	for _, p := range []*struct{ s interface{ next() string } }{{session}, {joined}} {
		m.session().publish("event", "s", 7)
		require.Contains(t, p.s.next(), "7")
	}
	eventually(t, func() bool { return m.broker.Stats().Malformed == 12+4 }, "each is counted")
	require.Positive(t, m.hub.Stats().Denied["broker"])
	require.NoError(t, m.check())
}
