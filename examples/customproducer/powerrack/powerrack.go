// Package powerrack is a team's own producer, of something that is not a SAL
// component: it publishes the telemetry of a rack of power supplies, which it polls
// over HTTP.
package powerrack

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/producer"
)

// Rack is the producer.
type Rack struct {
	*producer.Base
	url   string
	alarm bool
}

// New returns the producer of the rack at a URL.
func New(url string, opts ...producer.BaseOption) *Rack {
	r := &Rack{Base: producer.NewBase("PowerRack", opts...), url: url}
	r.RegisterPeriodic(love.CategoryTelemetry, r.power)
	return r
}

// power returns the telemetry, and publishes the event when the alarm changes.
func (r *Rack) power(ctx context.Context) (any, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, r.url, nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	var now struct {
		Volts []float64
		Alarm bool
	}
	if err := json.NewDecoder(response.Body).Decode(&now); err != nil {
		return nil, err
	}
	if now.Alarm != r.alarm {
		alarm := map[string]any{"on": producer.Decorate(now.Alarm, "")}
		if err := r.Publish(ctx, stream("alarm", []any{alarm})); err != nil { // an event is a list
			return nil, err
		}
	}
	r.alarm = now.Alarm
	return stream("power", map[string]any{"volts": producer.Decorate(now.Volts, "V")}), nil
}

func stream(name string, value any) any {
	return map[string]any{"csc": "PowerRack", "salindex": 1, "data": map[string]any{name: value}}
}
