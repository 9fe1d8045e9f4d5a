package trace_test

import (
	"context"
	"fmt"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/commander/trace"
)

// A program's own tracer provider would send the spans to a collector.
func Example() {
	kept := tracetest.NewInMemoryExporter()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(kept))

	lamp := commander.Func(func(ctx context.Context, _ commander.Call) (love.Ack, error) {
		commander.Report(ctx, love.Progress{Code: 301, Result: "warming up"})
		return love.Ack{Text: "Done", Code: love.AckComplete}, nil
	})
	traced := trace.New(lamp, trace.WithTracerProvider(provider))
	_, err := traced.Execute(context.Background(), commander.Call{Command: love.Command{CSC: "Lamp", Name: "cmd_on"}, User: "ana"})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, span := range kept.GetSpans() {
		fmt.Println(span.Name, span.Events[0].Name)
	}
	// Output:
	// Lamp cmd_on progress
}
