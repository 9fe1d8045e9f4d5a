package sim

import (
	"context"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/sal"
)

// weather is the simulated ESS: air temperature, humidity, pressure and wind of a
// station on the summit.
type weather struct {
	*csc
	temperature, humidity, pressure, speed, direction, gust drift
}

// drift is a value that changes smoothly around its mean: a sum of waves of different
// periods. It depends on the time only.
type drift struct {
	mean  float64
	waves []wave
}

type wave struct{ amplitude, seconds, phase float64 }

// newDrift makes a drift of waves that last a day, 50, 7 and 1 minutes.
func newDrift(random *rand.Rand, mean, day, hour, minutes, short float64) drift {
	d := drift{mean: mean}
	for _, w := range []wave{{amplitude: day, seconds: 86400}, {amplitude: hour, seconds: 3001}, {amplitude: minutes, seconds: 421}, {amplitude: short, seconds: 61}} {
		w.phase = 2 * math.Pi * random.Float64()
		d.waves = append(d.waves, w)
	}
	return d
}

func (d drift) at(t time.Time) float64 {
	v := d.mean
	for _, w := range d.waves {
		v += w.amplitude * math.Sin(2*math.Pi*math.Mod(love.UnixSeconds(t), w.seconds)/w.seconds+w.phase)
	}
	return v
}

func newWeather(c *csc) *weather {
	random := rand.New(rand.NewPCG(c.seed, uint64(c.Index())))
	return &weather{
		csc:         c,
		temperature: newDrift(random, 10, 4, 0.6, 0.2, 0.05),
		humidity:    newDrift(random, 35, 12, 4, 1.5, 0.3),
		pressure:    newDrift(random, 74300, 120, 25, 6, 1),
		speed:       newDrift(random, 6, 2, 1.5, 0.8, 0.4),
		direction:   newDrift(random, 330, 25, 12, 6, 3),
		gust:        newDrift(random, 1.6, 0, 0.4, 0.5, 0.4),
	}
}

func (w *weather) begin(ctx context.Context) {
	w.write(ctx, "evt_sensorStatus", sal.Values{"sensorName": w.sensor("weather")})
	w.write(ctx, "evt_precipitation", sal.Values{"sensorName": w.sensor("rain"), "location": w.place()})
}

// commands returns none: a weather station has no commands of its own.
func (w *weather) commands() map[string]command { return nil }

// enable does nothing: sensors always measure.
func (w *weather) enable(context.Context, bool) {}

func (w *weather) sensor(what string) string { return w.name + " " + what }

// place returns the location of a station's sensors.
func (w *weather) place() string {
	switch w.Index() {
	case 112:
		return "mirror cell"
	case 201:
		return "auxiliary telescope"
	}
	return "weather tower"
}

// channels returns a list of readings of which only the first is used; the others are
// NaN, as with the observatory's stations.
func channels(all int, reading float64) []float64 {
	list := slices.Repeat([]float64{math.NaN()}, all)
	list[0] = reading
	return list
}

func (w *weather) step(ctx context.Context, now time.Time, _ time.Duration) {
	air := func(v float64) float64 { return reading(v, perAirReading) }
	temperature := air(w.temperature.at(now))
	humidity := air(min(100, max(3, w.humidity.at(now))))
	speed := air(max(0, w.speed.at(now)))
	strongest := air(speed + max(0, w.gust.at(now)))
	direction := reading(math.Mod(w.direction.at(now)+360, 360), perWindVane)

	w.writeTelemetry(ctx, now, "temperature", sal.Values{"numChannels": 1, "temperatureItem": channels(16, temperature)})
	w.writeTelemetry(ctx, now, "relativeHumidity", sal.Values{"relativeHumidityItem": humidity})
	w.writeTelemetry(ctx, now, "dewPoint", sal.Values{"dewPointItem": air(dewPoint(temperature, humidity))})
	w.writeTelemetry(ctx, now, "pressure", sal.Values{"numChannels": 1, "pressureItem": channels(8, reading(w.pressure.at(now), perHectopascal))})
	w.writeTelemetry(ctx, now, "rainRate", nil)
	w.writeTelemetry(ctx, now, "airFlow", sal.Values{
		"direction": direction, "directionStdDev": air(4 + speed/4), "speed": speed, "speedStdDev": air((strongest - speed) / 3), "maxSpeed": strongest,
	})
	fromEast, fromNorth := math.Sincos(direction * math.Pi / 180)
	w.writeTelemetry(ctx, now, "airTurbulence", sal.Values{
		"speed": []float64{air(-speed * fromEast), air(-speed * fromNorth), 0}, "speedStdDev": []float64{0.5, 0.5, 0.2},
		"speedMagnitude": speed, "speedMaxMagnitude": strongest,
		"sonicTemperature": air(temperature + 0.3), "sonicTemperatureStdDev": 0.1,
	})
}

// writeTelemetry writes a topic, with the fields that all topics have.
func (w *weather) writeTelemetry(ctx context.Context, now time.Time, topic string, values sal.Values) {
	all := sal.Values{"sensorName": w.sensor(topic), "timestamp": love.TAI(now), "location": w.place()}
	maps.Copy(all, values)
	w.write(ctx, "tel_"+topic, all)
}

// dewPoint returns the dew point by the Magnus formula, in deg_C; humidity in per cent.
func dewPoint(temperature, humidity float64) float64 {
	const b, c = 17.62, 243.12
	g := math.Log(humidity/100) + b*temperature/(c+temperature)
	return c * g / (b - g)
}
