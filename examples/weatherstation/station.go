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

// station is the component: it takes one reading after another, from the first
// again after the last.
type station struct {
	*sal.Controller
	clock    love.Clock
	log      *slog.Logger
	records  *sallog.Handler
	readings []reading
	next     int
}

// newStation makes the component ESS with an index and writes its summary state.
func newStation(ctx context.Context, domain *sal.Domain, index int, readings []reading) (*station, error) {
	// The commands of its life (start, enable …) are left out.
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
		return fmt.Errorf("level=%d is none; give 10 for debug, 20 for info …", level)
	}
	s.records.SetLevel(int(level))
	_, err := s.Write(ctx, "evt_logLevel", sal.Values{"level": level})
	return err
}

// measure writes a heartbeat each second and a reading each period until ctx ends.
func (s *station) measure(ctx context.Context, period time.Duration) error {
	heart, readings := s.clock.NewTicker(time.Second), s.clock.NewTicker(period)
	defer heart.Stop()
	defer readings.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return nil
		case <-heart.C():
			_, err = s.Write(ctx, "evt_heartbeat", nil, sal.Force())
		case <-readings.C():
			err = s.tell(ctx)
		}
		if err != nil {
			return err
		}
	}
}

// channels is the number of sensors that the definition has room for.
const channels = 16

// tell writes the next reading.
func (s *station) tell(ctx context.Context) error {
	r := s.readings[s.next%len(s.readings)]
	s.next++
	if s.next%len(s.readings) == 0 {
		s.log.Info("the file is at its end, it begins anew")
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
