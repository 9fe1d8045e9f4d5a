package trace

import (
	"net/http"
	"strings"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// traceContext is how traces go on between processes.
var traceContext = propagation.TraceContext{}

// Transport returns a transport that tells a server the span that a request belongs to, in
// the header traceparent. It makes no span itself. Nil: over [http.DefaultTransport].
func Transport(base http.RoundTripper) http.RoundTripper {
	if base == nil {
		base = http.DefaultTransport
	}
	return transport{base}
}

// CloseIdleConnections closes those of the transport behind it, for http.Client.
func (t transport) CloseIdleConnections() {
	if c, ok := t.base.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

type transport struct{ base http.RoundTripper }

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if !trace.SpanContextFromContext(r.Context()).IsValid() {
		return t.base.RoundTrip(r)
	}
	r = r.Clone(r.Context()) // a RoundTripper must not change its request
	traceContext.Inject(r.Context(), propagation.HeaderCarrier(r.Header))
	return t.base.RoundTrip(r)
}

// Handler returns a handler that makes a span for each request with a command, which goes on
// from that of the header traceparent. All other requests go to h as they are.
func Handler(h http.Handler, opts ...HandlerOption) http.Handler {
	options := []otelhttp.Option{
		otelhttp.WithPropagators(traceContext),
		otelhttp.WithSpanNameFormatter(func(_ string, r *http.Request) string { return r.Method + " " + r.URL.Path }),
	}
	for _, o := range opts {
		options = append(options, otelhttp.Option(o))
	}
	traced := otelhttp.NewHandler(h, "command", options...)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost && strings.HasSuffix(strings.TrimSuffix(r.URL.Path, "/"), "/cmd") {
			traced.ServeHTTP(w, r)
			return
		}
		h.ServeHTTP(w, r)
	})
}

// HandlerOption changes a default of [Handler].
type HandlerOption otelhttp.Option

// WithHandlerTracerProvider sets what makes the spans of a [Handler]. Default: the global one
// of OpenTelemetry.
func WithHandlerTracerProvider(p trace.TracerProvider) HandlerOption {
	return otelhttp.WithTracerProvider(p)
}
