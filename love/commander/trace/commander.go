package trace

import (
	"context"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/commander"
)

// scope is the name of what makes the spans.
const scope = "github.com/rubin-love/love-go/love/commander/trace"

// Commander is a [commander.Commander] that makes a span for each command that another one
// executes. It is safe for concurrent use.
//
// The span is named by component and command, and has the attributes love.csc,
// love.salindex, love.command, love.user and love.command_id (in the record), and at the end
// love.ack (the code of the acknowledgement), or love.error (the kind of error). Parameters
// are not in it.
type Commander struct {
	inner    commander.Commander
	provider trace.TracerProvider
}

var (
	_ commander.Commander = (*Commander)(nil)
	_ commander.Checker   = (*Commander)(nil)
)

// Option changes a default of [New].
type Option func(*Commander)

// WithTracerProvider sets what makes the tracer. Default: the global one of OpenTelemetry.
func WithTracerProvider(p trace.TracerProvider) Option {
	return func(c *Commander) { c.provider = p }
}

// New returns a commander that makes spans for the commands to inner.
func New(inner commander.Commander, opts ...Option) *Commander {
	c := &Commander{inner: inner}
	for _, o := range opts {
		o(c)
	}
	return c
}

func (c *Commander) tracer() trace.Tracer {
	if c.provider != nil {
		return c.provider.Tracer(scope)
	}
	return otel.Tracer(scope)
}

// Execute implements [commander.Commander].
func (c *Commander) Execute(ctx context.Context, call commander.Call) (love.Ack, error) {
	ctx, span := c.tracer().Start(ctx, call.CSC+" "+call.Name, trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(
		attribute.String("love.csc", call.CSC), attribute.Int("love.salindex", call.SalIndex), attribute.String("love.command", call.Name),
		attribute.String("love.user", call.User), attribute.String("love.command_id", call.ID),
	))
	defer span.End()
	ctx = commander.WithProgress(ctx, func(p love.Progress) {
		span.AddEvent("progress", trace.WithAttributes(attribute.Int("love.ack", p.Code), attribute.String("love.result", p.Result)))
	})
	outer := ctx
	ctx = commander.WithSent(ctx, func() context.Context {
		span.AddEvent("sent")
		return commander.Sent(outer)
	})
	ack, err := c.inner.Execute(ctx, call)
	if err != nil {
		e := commander.ErrorOf(err, "")
		span.SetAttributes(attribute.String("love.error", e.Kind.String()))
		span.SetStatus(codes.Error, e.Error())
		return ack, err
	}
	span.SetAttributes(attribute.Int("love.ack", ack.Code))
	if ack.Code < 0 {
		span.SetStatus(codes.Error, ack.Text)
	}
	return ack, nil
}

// Check implements [commander.Checker], without a span.
func (c *Commander) Check(ctx context.Context, call commander.Call) (love.Ack, error) {
	return commander.Check(ctx, c.inner, call)
}
