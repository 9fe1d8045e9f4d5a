package producer_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/producer"
	"github.com/rubin-love/love-go/love/sal"
)

// testDefinitions returns a component, one with instances, and one without a
// heartbeat.
func testDefinitions(t *testing.T) *sal.Definitions {
	topics := func() []*sal.Topic {
		return []*sal.Topic{
			{Kind: sal.Event, Name: "summaryState", Fields: []sal.Field{{Name: "summaryState", Type: sal.Int}}},
			{Kind: sal.Event, Name: "heartbeat", Fields: []sal.Field{{Name: "heartbeat", Type: sal.Boolean}}},
			{Kind: sal.Telemetry, Name: "position", Fields: []sal.Field{{Name: "azimuth", Type: sal.Double, Units: "deg"}}},
		}
	}
	defs, err := sal.Define(
		&sal.Component{Name: "Dome", Topics: topics()},
		&sal.Component{Name: "Hexapod", Indexed: true, Topics: topics()},
		&sal.Component{Name: "Mute", Topics: topics()[:1]},
	)
	require.NoError(t, err)
	return defs
}

// fixture holds a bus with a domain on it.
type fixture struct {
	bus    *fakeBus
	defs   *sal.Definitions
	domain *sal.Domain
	sent   float64 // private_sndStamp of the last sample
}

func newFixture(t *testing.T) *fixture {
	w := &fixture{bus: &fakeBus{}, defs: testDefinitions(t)}
	w.domain = sal.NewDomain(w.bus, w.defs)
	return w
}

func (w *fixture) sample(t *testing.T, component, attr string, values sal.Values) *sal.Sample {
	c, err := w.defs.Component(component)
	require.NoError(t, err)
	topic, ok := c.Topic(attr)
	require.True(t, ok)
	w.sent++
	all := sal.Values{"private_sndStamp": w.sent}
	for k, v := range values {
		all[k] = v
	}
	s, err := sal.NewSample(topic, all)
	require.NoError(t, err)
	return s
}

// runCSC runs the producer of a component in a bubble while f runs.
func runCSC(t *testing.T, name string, opts []producer.Option, history func(*fixture), f func(w *fixture, p producer.Producer, out *recorder)) {
	synctest.Test(t, func(t *testing.T) {
		w := newFixture(t)
		if history != nil {
			history(w)
		}
		p, err := producer.NewFactory(w.domain, opts...).FromName(t.Context(), name)
		require.NoError(t, err)
		var out recorder
		stop := start(t, p, &out)
		f(w, p, &out)
		stop()
		require.NoError(t, w.domain.Close())
	})
}

// streams returns category, component, index and stream of messages, and whether
// the value is a list.
func streams(t *testing.T, sent []sent) (out []string) {
	for _, s := range sent {
		m, err := love.ParseMessage([]byte(s.msg))
		require.NoError(t, err)
		it := m.Data[0]
		text := strings.Join([]string{string(m.Category), it.CSC, it.SalIndex.String(), it.Streams[0].Name}, " ")
		if it.Streams[0].Value[0] == '[' {
			text += " list"
		}
		out = append(out, text)
	}
	return out
}

func TestTheKindOfTopicDecidesShapeAndCategory(t *testing.T) { // P-SHAPE, B-CAT
	opts := []producer.Option{
		producer.WithPeriodicData("evt_summaryState"),
		producer.WithAsynchronousData("tel_position", "evt_heartbeat"),
	}
	runCSC(t, "Dome", opts, nil, func(w *fixture, p producer.Producer, out *recorder) {
		w.bus.write(w.sample(t, "Dome", "evt_summaryState", nil))
		w.bus.write(w.sample(t, "Dome", "tel_position", nil))
		synctest.Wait()
		require.Equal(t, []string{"telemetry Dome 0 position"}, streams(t, out.take()))
		time.Sleep(2 * time.Second)
		synctest.Wait()
		require.Equal(t, []string{"event Dome 0 summaryState list"}, streams(t, out.take()))
		require.NoError(t, p.InitialData(t.Context(), out))
		require.NoError(t, p.HandleRequest(t.Context(), producer.Request{CSC: "Dome", Stream: "position"}, out))
		require.Equal(t, []string{"telemetry Dome 0 position", "telemetry Dome 0 position"}, streams(t, out.take()))
	})
}

func TestASelectionWithoutNamesSelectsNothing(t *testing.T) {
	runCSC(t, "Dome", []producer.Option{producer.WithPeriodicData()}, nil, func(w *fixture, _ producer.Producer, out *recorder) {
		w.bus.write(w.sample(t, "Dome", "evt_summaryState", nil))
		w.bus.write(w.sample(t, "Dome", "tel_position", nil))
		time.Sleep(10 * time.Second)
		synctest.Wait()
		require.Empty(t, out.take())
	})
}

func TestMetadataStaysEmptyUnlessTheUserAddsSome(t *testing.T) { // P-META
	opts := []producer.Option{producer.WithAsynchronousData("evt_summaryState")}
	runCSC(t, "Hexapod:1", opts, nil, func(w *fixture, _ producer.Producer, out *recorder) {
		w.bus.write(w.sample(t, "Hexapod", "evt_summaryState", sal.Values{"salIndex": 1}))
		synctest.Wait()
		m := decode(t, out.texts()[0]).(map[string]any)
		require.Len(t, m, 3, "category, data, producer_snd")
	})
}

func TestIndexZeroServesAllInstancesAsIndexZero(t *testing.T) {
	runCSC(t, "Hexapod", nil, nil, func(w *fixture, _ producer.Producer, out *recorder) {
		w.bus.write(w.sample(t, "Hexapod", "evt_summaryState", sal.Values{"salIndex": 1}))
		w.bus.write(w.sample(t, "Hexapod", "evt_summaryState", sal.Values{"salIndex": 2}))
		synctest.Wait()
		require.Equal(t, []string{"event Hexapod 0 summaryState list", "event Hexapod 0 summaryState list"}, streams(t, out.take()))
	})
}

func TestAComponentWithoutHeartbeatEventIsNotWatched(t *testing.T) {
	runCSC(t, "Mute", nil, nil, func(_ *fixture, p producer.Producer, out *recorder) {
		time.Sleep(time.Minute)
		require.Empty(t, out.take())
		require.Equal(t, "Mute", p.Name())
	})
}

func TestALateJoinersHeartbeatDoesNotCount(t *testing.T) {
	history := func(w *fixture) {
		w.bus.history = append(w.bus.history, w.sample(t, "Dome", "evt_heartbeat", nil))
	}
	runCSC(t, "Dome", nil, history, func(w *fixture, _ producer.Producer, out *recorder) {
		time.Sleep(2500 * time.Millisecond)
		synctest.Wait()
		got := out.texts()
		require.Len(t, got, 1)
		require.Contains(t, got[0], `"data":{"stream":{"csc":"Dome","salindex":0,"lost":1,"last_heartbeat_timestamp":-1.0,"max_lost_heartbeats":5}}`)
		w.bus.write(w.sample(t, "Dome", "evt_heartbeat", nil))
		time.Sleep(2 * time.Second)
		synctest.Wait()
		require.Contains(t, out.texts()[0], `"lost":1`)
	})
}

func TestTheStartDelayCanBeChosen(t *testing.T) {
	runCSC(t, "Dome", []producer.Option{producer.WithStartDelay(0)}, nil, func(_ *fixture, _ producer.Producer, out *recorder) {
		time.Sleep(2 * time.Second)
		synctest.Wait()
		require.Len(t, out.take(), 1)
	})
}

func TestAProducerThatCannotSendContinues(t *testing.T) {
	runCSC(t, "Dome", nil, nil, func(w *fixture, p producer.Producer, out *recorder) {
		out.failWith(errors.New("cannot send"))
		w.bus.write(w.sample(t, "Dome", "tel_position", nil))
		w.bus.write(w.sample(t, "Dome", "evt_summaryState", sal.Values{"summaryState": 1}))
		time.Sleep(5 * time.Second)
		out.failWith(nil)
		require.NoError(t, p.InitialData(t.Context(), out))
		require.Equal(t, []string{"event Dome 0 summaryState list"}, streams(t, out.take()), "stored before it was sent")
		w.bus.write(w.sample(t, "Dome", "evt_summaryState", sal.Values{"summaryState": 2}))
		synctest.Wait()
		require.Equal(t, []string{"event Dome 0 summaryState list"}, streams(t, out.take()))
	})
}

func TestSamplesKeepTheirOrder(t *testing.T) {
	runCSC(t, "Dome", nil, nil, func(w *fixture, _ producer.Producer, out *recorder) {
		const samples = 300
		for i := range samples {
			w.bus.write(w.sample(t, "Dome", "evt_summaryState", sal.Values{"summaryState": i}))
		}
		synctest.Wait()
		got := out.texts()
		require.Len(t, got, samples)
		for i, text := range got {
			require.Contains(t, text, fmt.Sprintf(`"summaryState":{"value":%d,"dataType":"Int","units":"unitless"}`, i))
		}
	})
}
