package producer_test

import (
	"log/slog"
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/producer"
	"github.com/rubin-love/love-go/love/sal"
)

// azimuths are what messages say about the position, with when they said it.
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

func TestTelemetryCanBePushedLimitedPerStream(t *testing.T) {
	opts := []producer.Option{producer.WithTelemetryPush(100 * time.Millisecond)}
	playCSC(t, "Dome", opts, nil, func(w *world, _ producer.Producer, out *recorder) {
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
			"the first at once, then the newest of each interval; what no longer comes is not repeated")
	})
}

func TestWithoutIntervalEverySampleIsPushed(t *testing.T) {
	playCSC(t, "Dome", []producer.Option{producer.WithTelemetryPush(0)}, nil, func(w *world, p producer.Producer, out *recorder) {
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

func TestNumbersThatJSONDoesNotHaveCanBeNull(t *testing.T) { // W-NAN
	play := func(opts ...producer.Option) (text string) {
		playCSC(t, "Dome", append(opts, producer.WithTelemetryPush(0)), nil, func(w *world, _ producer.Producer, out *recorder) {
			w.bus.write(w.sample(t, "Dome", "tel_position", sal.Values{"azimuth": math.NaN()}))
			synctest.Wait()
			text = out.texts()[0]
		})
		return text
	}
	require.Contains(t, play(), `"azimuth":{"value":NaN,`)
	require.Contains(t, play(producer.WithStrictJSON()), `"azimuth":{"value":null,`)
}

func TestTheLogLevelMakesASetMoreSilent(t *testing.T) {
	var told strings.Builder
	opts := []producer.Option{
		producer.WithLogger(newLogger(&told).WithGroup("g").With("a", 1)),
		producer.WithPeriodicData("tel_nothing"),
	}
	playCSC(t, "Dome", append(opts, producer.WithLogLevel(slog.LevelError)), nil, func(*world, producer.Producer, *recorder) {})
	require.Empty(t, told.String())
	playCSC(t, "Dome", append(opts, producer.WithLogLevel(slog.LevelInfo)), nil, func(*world, producer.Producer, *recorder) {})
	require.Contains(t, told.String(), "tel_nothing")
}

func TestFreeFormFieldsAreDecoratedLikeSamples(t *testing.T) {
	b := producer.NewBase("Rack")
	var out recorder
	require.NoError(t, b.Publish(t.Context(), object{"csc": "Rack", "salindex": 1, "data": object{"power": object{
		"watts": producer.Decorate(41.5, "W"), "on": producer.Decorate(true, ""),
	}}}))
	require.NoError(t, b.InitialData(t.Context(), &out))
	require.Contains(t, out.texts()[0], `{"on":{"value":true,"dataType":"Int","units":"unitless"},"watts":{"value":41.5,"dataType":"Float","units":"W"}}`)
}

func TestAClientMakesProducersByNameAndType(t *testing.T) {
	w := newWorld(t)
	f := producer.NewFactory(w.domain)
	c := producer.NewClient(&link{})
	made, err := c.Create(t.Context(), f, "Dome", "Hexapod:1", "Rack")
	require.NoError(t, err)
	require.Equal(t, []string{"Dome", "Hexapod:1", "Rack"}, []string{made[0].Name(), made[1].Name(), made[2].Name()})
	p, err := c.CreateType(t.Context(), f, producer.TypeBase, "Rack")
	require.NoError(t, err)
	require.Equal(t, "Rack", p.Name())
	_, err = c.CreateType(t.Context(), f, "no", "Rack")
	require.ErrorIs(t, err, producer.ErrUnknown)
	_, err = c.Create(t.Context(), f, "Dome", "Dome:9")
	require.ErrorIs(t, err, sal.ErrIndex)
	require.NoError(t, w.domain.Close())
}

// direct is a remote through which a test hands over samples of whatever version.
type direct struct {
	*sal.Remote
	hand map[string]func(*sal.Sample)
}

func (d direct) Subscribe(attr string, f func(*sal.Sample)) (cancel func(), err error) {
	d.hand[attr] = f
	return func() {}, nil
}

func TestPushedSamplesOfAnotherInterfaceVersionAreLimitedToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		remote, err := w.domain.Remote(t.Context(), "Dome", 0)
		require.NoError(t, err)
		d := direct{remote, map[string]func(*sal.Sample){}}
		p := producer.NewCSC(d, producer.WithTelemetryPush(100*time.Millisecond))
		var out recorder
		stop := running(t, p, &out)
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
			d.hand["tel_position"](s)
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
