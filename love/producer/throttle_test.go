package producer_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/producer"
	"github.com/rubin-love/love-go/love/sal"
)

// azimuths returns when positions were sent, and which.
func azimuths(t *testing.T, sent []sent, began time.Time) (out []string) {
	for _, s := range sent {
		m, err := love.ParseMessage([]byte(s.msg))
		require.NoError(t, err)
		if m.Category == love.CategoryTelemetry {
			_, rest, _ := strings.Cut(s.msg, `"azimuth":{"value":`)
			value, _, _ := strings.Cut(rest, ",")
			out = append(out, s.at.Sub(began).String()+" "+value)
		}
	}
	return out
}

func TestPushedTelemetryIsLimitedPerStream(t *testing.T) {
	opts := []producer.Option{producer.WithTelemetryPush(100 * time.Millisecond)}
	runCSC(t, "Dome", opts, nil, func(w *fixture, _ producer.Producer, out *recorder) {
		began := time.Now()
		position := func(azimuth float64) {
			w.bus.write(w.sample(t, "Dome", "tel_position", sal.Values{"azimuth": azimuth}))
			synctest.Wait()
		}
		position(1)
		time.Sleep(30 * time.Millisecond)
		position(2)
		position(3)
		time.Sleep(80 * time.Millisecond)
		position(4)
		time.Sleep(time.Second)
		position(5)
		time.Sleep(10 * time.Second)
		require.Equal(t, []string{"0s 1.0", "100ms 3.0", "200ms 4.0", "1.11s 5.0"}, azimuths(t, out.take(), began),
			"the first at once, then the newest of each interval; nothing is repeated")
	})
}

func TestWithoutIntervalEverySampleIsPushed(t *testing.T) {
	runCSC(t, "Dome", []producer.Option{producer.WithTelemetryPush(0)}, nil, func(w *fixture, p producer.Producer, out *recorder) {
		for range 10 {
			w.bus.write(w.sample(t, "Dome", "tel_position", nil))
		}
		w.bus.write(w.sample(t, "Dome", "evt_summaryState", nil))
		synctest.Wait()
		require.Len(t, out.take(), 11)
		require.NoError(t, p.InitialData(t.Context(), out))
		require.Equal(t, []string{"event Dome 0 summaryState list"}, streams(t, out.take()), "telemetry is not stored")
	})
}

// directRemote is a remote that delivers samples of any version from a test.
type directRemote struct {
	*sal.Remote
	deliver map[string]func(*sal.Sample)
}

func (d directRemote) Subscribe(attr string, f func(*sal.Sample)) (cancel func(), err error) {
	d.deliver[attr] = f
	return func() {}, nil
}

func TestPushedSamplesOfAnotherInterfaceVersionAreLimitedToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newFixture(t)
		remote, err := w.domain.Remote(t.Context(), "Dome", 0)
		require.NoError(t, err)
		d := directRemote{remote, map[string]func(*sal.Sample){}}
		p := producer.NewCSC(d, producer.WithTelemetryPush(100*time.Millisecond))
		var out recorder
		stop := start(t, p, &out)
		began := time.Now()
		azimuth, elevation := sal.Field{Name: "azimuth", Type: sal.Double}, sal.Field{Name: "elevation", Type: sal.Double}
		var versions []*sal.Topic
		for _, fields := range [][]sal.Field{{azimuth}, {elevation, azimuth}} {
			defs, err := sal.Define(&sal.Component{Name: "Dome", Topics: []*sal.Topic{{Kind: sal.Telemetry, Name: "position", Fields: fields}}})
			require.NoError(t, err)
			c, err := defs.Component("Dome")
			require.NoError(t, err)
			topic, _ := c.Topic("tel_position")
			versions = append(versions, topic)
		}
		for n := range 6 {
			s, err := sal.NewSample(versions[n/2%2], sal.Values{"azimuth": n})
			require.NoError(t, err)
			d.deliver["tel_position"](s)
			synctest.Wait()
			time.Sleep(45 * time.Millisecond)
		}
		require.Equal(t, []string{"0s 0.0", "100ms 2.0", "200ms 4.0"}, azimuths(t, out.take(), began))
		require.NoError(t, p.InitialData(t.Context(), &out))
		require.Empty(t, out.take(), "telemetry is not stored")
		stop()
		require.NoError(t, w.domain.Close())
	})
}
