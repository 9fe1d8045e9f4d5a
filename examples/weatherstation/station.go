package main

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"time"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/sal"
	"github.com/rubin-love/love-go/love/sal/sallog"
)

// station is the component: it writes one reading after another, and after the last
// the first again.
type station struct {
	*sal.Controller
	clock    love.Clock
	log      *slog.Logger
	records  *sallog.Handler
	readings []reading
	next     int
}

// newStation returns the component ESS with an index, and writes its summary state.
func newStation(ctx context.Context, domain *sal.Domain, index int, readings []reading) (*station, error) {
	// It does not implement the commands that change its state (start, enable …).
	controller, err := domain.Controller(ctx, "ESS", index, sal.Partial())
	if err != nil {
		return nil, err
	}
	records := sallog.New(nil)
	s := &station{Controller: controller, clock: domain.Clock(), log: slog.New(records), records: records, readings: readings}
	if err := s.Handle("setLogLevel", s.setLogLevel); err != nil {
		return nil, err
	}
	if err := records.Attach(ctx, controller); err != nil {
		return nil, err
	}
	_, err = s.Write(ctx, "evt_summaryState", sal.Values{"summaryState": sal.Enabled})
	return s, err
}

func (s *station) setLogLevel(ctx context.Context, command *sal.Sample) error {
	level := command.Int("level")
	if level < 0 {
		return fmt.Errorf("level=%d is not a log level: give 10 for debug, 20 for info …", level)
	}
	s.records.SetLevel(int(level))
	_, err := s.Write(ctx, "evt_logLevel", sal.Values{"level": level})
	return err
}

// measure writes a heartbeat each second and a reading each period until ctx ends.
func (s *station) measure(ctx context.Context, period time.Duration) error {
	heartbeat, readings := s.clock.NewTicker(time.Second), s.clock.NewTicker(period)
	defer heartbeat.Stop()
	defer readings.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return nil
		case <-heartbeat.C():
			_, err = s.Write(ctx, "evt_heartbeat", nil, sal.Force())
		case <-readings.C():
			err = s.writeReading(ctx)
		}
		if err != nil {
			return err
		}
	}
}

// channels is the number of sensors that the definition has room for.
const channels = 16

// writeReading writes the next reading.
func (s *station) writeReading(ctx context.Context) error {
	r := s.readings[s.next%len(s.readings)]
	s.next++
	if s.next%len(s.readings) == 0 {
		s.log.Info("the file is at its end, it starts again")
	}
	temperatures := make([]float64, channels)
	for i := range temperatures {
		temperatures[i] = math.NaN() // no sensor
	}
	temperatures[0] = r.temperature
	stamp := love.TAI(s.clock.Now())
	for topic, values := range map[string]sal.Values{
		"tel_temperature":      {"numChannels": 1, "temperatureItem": temperatures},
		"tel_relativeHumidity": {"relativeHumidityItem": r.humidity},
	} {
		values["sensorName"], values["location"], values["timestamp"] = "file", "example", stamp
		if _, err := s.Write(ctx, topic, values); err != nil {
			return err
		}
	}
	return nil
}
