// Customproducer publishes what a rack of power supplies says over HTTP: a team's
// own producer, of something that is no SAL component.
//
//	PROCESS_CONNECTION_PASS=… customproducer http://manager:8000 http://rack-1/supplies
package main

import (
	"context"
	"encoding/json"
	"log"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"time"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/client"
	"github.com/rubin-love/love-go/love/producer"
)

// rack is the producer: a Base that polls.
type rack struct {
	*producer.Base
	url   string
	http  http.Client
	alarm bool
}

func newRack(url string, opts ...producer.Option) *rack {
	r := &rack{Base: producer.NewBase("PowerRack", opts...), url: url, http: http.Client{Timeout: time.Second}}
	r.RegisterPeriodic(love.CategoryTelemetry, r.power)
	return r
}

// power is the telemetry; on the way it tells the event when the alarm changes.
func (r *rack) power(ctx context.Context) (any, error) {
	response, err := r.http.Get(r.url)
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

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if len(os.Args) != 3 {
		log.Fatal("usage: customproducer MANAGER-URL RACK-URL")
	}
	manager, err := client.New(os.Args[1], client.WithProcessPassword(os.Getenv("PROCESS_CONNECTION_PASS")))
	if err == nil {
		c := producer.NewClient(manager)
		c.Add(newRack(os.Args[2], producer.WithLogger(slog.Default())))
		err = c.Run(ctx)
	}
	if err != nil {
		log.Fatal(err)
	}
}
