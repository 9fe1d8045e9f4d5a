// Package metrics has what a manager does as metrics for Prometheus. [Metrics] is an
// observer of a hub and of a manager, and a collector for a registry:
//
//	m := metrics.New(metrics.Config{})
//	h := hub.New(hub.WithObserver(m))
//	m.Hub = h.Stats
//	registry.MustRegister(m)
//
// love/server does this for every manager that it starts, and serves them at /metrics.
// docs/operating.md lists the names.
package metrics
