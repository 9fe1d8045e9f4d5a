package lovetest

import (
	"context"
	"math"
	"sync"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/sal"
)

// publishing is the part of the suite about events and telemetry.
var publishing = map[string]func(*suite){
	"a sample arrives with its values":                valuesArrive,
	"a sample has its writer and its time":            privateFieldsArrive,
	"every remote gets every sample":                  everyRemoteGetsAll,
	"samples of a topic keep their order":             orderIsKept,
	"the samples of all writers of a topic arrive":    everyWriterIsRead,
	"a remote of one instance gets only its samples":  instancesAreSeparate,
	"a sample older than the one before is dropped":   olderIsDropped,
	"topics that were not selected are not delivered": onlySelectedTopics,
	"nothing is written after the context has ended":  nothingAfterTheEnd,
}

func valuesArrive(s *suite) {
	got := s.received(s.remote(s.domain(), "Lamp", 0), "evt_everything")
	c := s.writer(s.domain(), "Lamp", 0)
	for _, v := range []sal.Values{
		{"on": true, "small": 255, "short": -32768, "int": math.MinInt32, "long": math.MaxInt32, "big": int64(math.MinInt64),
			"ushort": 65535, "uint": uint32(math.MaxUint32), "float": math.MaxFloat32, "double": 5e-324,
			"text": "quote \" zero \x00 emoji 🔭 é\n", "bools": []bool{true, false}, "longs": []int64{math.MaxInt64, math.MinInt64},
			"doubles": []float64{math.Inf(1), math.Inf(-1), -0.5}, "floats": []float64{0.25, -1}},
		{"on": false, "small": 0, "short": 1, "int": 0, "long": 0, "big": 0, "ushort": 0, "uint": 0, "float": 0, "double": 0, "text": "",
			"bools": []bool{false, false}, "longs": []int64{1, 2}, "doubles": []float64{1, 2, 3}, "floats": []float64{1, 2}},
	} {
		want, err := sal.NewSample(topic(s, "Lamp", "evt_everything"), v)
		require.NoError(s, err)
		_, err = c.Write(s.Context(), "evt_everything", v)
		require.NoError(s, err)
		sample := got.next()
		for _, f := range sample.Topic().Own() {
			require.Equal(s, want.Value(f.Name), sample.Value(f.Name), f.Name)
		}
	}
	_, err := c.Write(s.Context(), "evt_everything", sal.Values{"double": math.NaN()})
	require.NoError(s, err)
	require.True(s, math.IsNaN(got.next().Float("double")))
}

func nothingAfterTheEnd(s *suite) {
	d := s.domain()
	got := s.received(s.remote(d, "Fan", 0), "tel_speed")
	c := s.writer(d, "Fan", 3)
	ended, cancel := context.WithCancel(s.Context())
	cancel()
	var notWritten *sal.NotWrittenError
	late, err := sal.NewSample(topic(s, "Fan", "tel_speed"), nil)
	require.NoError(s, err)
	require.ErrorAs(s, s.connect().Publish(ended, late), &notWritten)
	require.ErrorIs(s, notWritten, context.Canceled)
	_, err = c.Write(ended, "tel_speed", nil, sal.Force())
	require.ErrorAs(s, err, &notWritten)
	_, err = c.Write(s.Context(), "tel_speed", nil, sal.Force(), sal.WriteAs("the next"))
	require.NoError(s, err)
	require.Equal(s, "the next", got.next().Identity())
}

func topic(s *suite, component, attr string) *sal.Topic {
	c, err := s.defs.Component(component)
	require.NoError(s, err)
	t, ok := c.Topic(attr)
	require.True(s, ok)
	return t
}

func privateFieldsArrive(s *suite) {
	got := s.received(s.remote(s.domain(), "Fan", 0), "tel_speed")
	c := s.writer(s.domain(sal.WithOrigin(77)), "Fan", 3)
	for number := 1; number <= 2; number++ {
		s.write(c, "tel_speed", 10*number)
		sample := got.next()
		require.Equal(s, 3, sample.Index())
		require.Equal(s, "Fan:3", sample.Identity())
		require.Equal(s, 77, sample.Origin())
		require.Equal(s, number, sample.Number())
		require.Equal(s, sample.Topic().RevisionCode(), sample.Text("private_revCode"))
		require.Equal(s, sample.Sent(), sample.Float("private_kafkaStamp"))
		leap := sample.Sent() - sample.Float("private_efdStamp")
		require.InDelta(s, math.Round(leap), leap, 1e-5)
		require.GreaterOrEqual(s, sample.Float("private_rcvStamp"), sample.Sent()-1e-3)
	}
}

func everyRemoteGetsAll(s *suite) {
	reader := s.domain()
	first := s.received(s.remote(reader, "Lamp", 0), "tel_speed")
	second := s.received(s.remote(reader, "Lamp", 0), "tel_speed")
	other := s.received(s.remote(s.domain(), "Lamp", 0), "tel_speed")
	c := s.writer(s.domain(), "Lamp", 0)
	for n := range 3 {
		s.write(c, "tel_speed", n)
	}
	for _, got := range []*samples{first, second, other} {
		require.Equal(s, []int{0, 1, 2}, got.numbers(3))
	}
}

func orderIsKept(s *suite) {
	const n = 500
	got := s.received(s.remote(s.domain(), "Lamp", 0), "tel_speed")
	c := s.writer(s.domain(), "Lamp", 0)
	for i := range n {
		s.write(c, "tel_speed", i)
	}
	for i, number := range got.numbers(n) {
		require.Equal(s, i, number)
	}
}

func everyWriterIsRead(s *suite) {
	const each = 50
	got := s.received(s.remote(s.domain(), "Fan", 0), "evt_turned")
	var writers sync.WaitGroup
	for index := 1; index <= 3; index++ {
		c := s.writer(s.domain(), "Fan", index)
		writers.Go(func() {
			for n := 1; n <= each; n++ {
				if _, err := c.Write(s.Context(), "evt_turned", sal.Values{"number": n}); err != nil {
					s.Error(err)
				}
			}
		})
	}
	last := map[int]int64{}
	for range 3 * each {
		sample := got.next()
		require.Equal(s, last[sample.Index()]+1, sample.Int("number"), "of Fan:%d", sample.Index())
		last[sample.Index()]++
	}
	writers.Wait()
}

func instancesAreSeparate(s *suite) {
	reader := s.domain()
	all := s.received(s.remote(reader, "Fan", 0), "tel_speed")
	second := s.received(s.remote(reader, "Fan", 2), "tel_speed")
	d := s.domain()
	for index := range 4 {
		s.write(s.writer(d, "Fan", index), "tel_speed", 10*index)
		require.Equal(s, []int{10 * index}, all.numbers(1))
	}
	require.Equal(s, []int{20}, second.numbers(1))
	second.requireNothing()
}

func olderIsDropped(s *suite) {
	r := s.remote(s.domain(), "Fan", 0)
	bus := s.connect()
	for _, attr := range []string{"evt_turned", "tel_speed"} {
		got := s.received(r, attr)
		for i, sent := range []struct {
			index int
			stamp float64
		}{{1, 100}, {1, 101}, {1, 100.5}, {1, 101}, {2, 50}, {2, 49}, {1, 102}, {2, 51}} {
			sample, err := sal.NewSample(topic(s, "Fan", attr), sal.Values{"salIndex": sent.index, "private_sndStamp": sent.stamp, "number": i + 1})
			require.NoError(s, err)
			require.NoError(s, bus.Publish(s.Context(), sample))
		}
		require.Equal(s, []int{1, 2, 4, 5, 7, 8}, got.numbers(6))
	}
}

func onlySelectedTopics(s *suite) {
	r := s.remote(s.domain(), "Lamp", 0, sal.WithTopics("speed"))
	got := s.received(r, "tel_speed")
	c := s.writer(s.domain(), "Lamp", 0)
	s.write(c, "evt_turned", 1)
	s.write(c, "tel_speed", 2)
	require.Equal(s, []int{2}, got.numbers(1))
	_, seen := r.Latest("evt_turned")
	require.False(s, seen)
	_, err := r.Subscribe("evt_turned", func(*sal.Sample) {})
	require.ErrorContains(s, err, "does not read")
}
