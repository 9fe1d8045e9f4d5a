package cli

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/spf13/pflag"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	otelresource "go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/rubin-love/love-go/internal/mask"
	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/commander/trace"
)

// tracingFlags say where the traces of commands go.
type tracingFlags struct{ endpoint string }

func (f *tracingFlags) register(fs *pflag.FlagSet) {
	fs.StringVar(&f.endpoint, "otlp-endpoint", "", "`URL` that takes OpenTelemetry traces over HTTP, such as http://collector:4318: one of each command (default none)")
	bindEnv(fs, "otlp-endpoint", "LOVED_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
}

// tracing makes the traces of commands; nil makes none.
type tracing struct {
	provider *sdktrace.TracerProvider
	log      *slog.Logger
}

// open returns what makes traces of a service, or nil without an endpoint.
func (f *tracingFlags) open(ctx context.Context, service string, log *slog.Logger) (*tracing, error) {
	if f.endpoint == "" {
		return nil, nil
	}
	u, err := url.Parse(f.endpoint)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, &usageError{fmt.Errorf("--otlp-endpoint %q: give the base URL of a collector, such as http://collector:4318", mask.Address(f.endpoint))}
	}
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(u.JoinPath("v1/traces").String()))
	if err != nil {
		return nil, fmt.Errorf("--otlp-endpoint: %w", err)
	}
	version, _ := buildVersion()
	about, err := otelresource.Merge(otelresource.Default(), otelresource.NewSchemaless(
		attribute.String("service.name", service), attribute.String("service.version", version)))
	if err != nil {
		return nil, fmt.Errorf("describing %s for traces: %w", service, err)
	}
	return &tracing{sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter), sdktrace.WithResource(about)), log}, nil
}

// commander returns c, with a trace of each command.
func (t *tracing) commander(c commander.Commander) commander.Commander {
	if t == nil {
		return c
	}
	return trace.New(c, trace.WithTracerProvider(t.provider))
}

// handler returns h, with a trace of each command.
func (t *tracing) handler(h http.Handler) http.Handler {
	if t == nil {
		return h
	}
	return trace.Handler(h, trace.WithHandlerTracerProvider(t.provider))
}

// tracesAtEnd is how long the last traces may take to be sent.
const tracesAtEnd = 2 * time.Second

// close sends what has not been sent.
func (t *tracing) close() {
	if t == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), tracesAtEnd)
	defer cancel()
	if err := t.provider.Shutdown(ctx); err != nil {
		t.log.Warn("the last traces could not be sent", "error", err)
	}
}
