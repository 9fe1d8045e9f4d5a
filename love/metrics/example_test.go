package metrics_test

import (
	"context"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/rubin-love/love-go/love/hub"
	"github.com/rubin-love/love-go/love/metrics"
)

// A program that embeds the hub has its metrics in a registry of its own.
func Example() {
	m := metrics.New(metrics.Config{})
	h := hub.New(hub.WithObserver(m))
	m.Hub = h.Stats
	defer func() { _ = h.Shutdown(context.Background()) }()

	registry := prometheus.NewRegistry()
	registry.MustRegister(m)
	m.Written(hub.Write{Age: 3 * time.Millisecond})

	families, err := registry.Gather()
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, f := range families {
		if f.GetName() == "love_hub_delivery_seconds" {
			fmt.Println(f.GetName(), f.GetMetric()[0].GetHistogram().GetSampleCount())
		}
	}
	// Output: love_hub_delivery_seconds 1
}
