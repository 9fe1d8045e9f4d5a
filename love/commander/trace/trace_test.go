package trace_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/commander/commanderhttp"
	"github.com/rubin-love/love-go/love/commander/trace"
)

// spans returns what keeps the spans of a test, and what makes them.
func spans() (*tracetest.InMemoryExporter, *sdktrace.TracerProvider) {
	kept := tracetest.NewInMemoryExporter()
	return kept, sdktrace.NewTracerProvider(sdktrace.WithSyncer(kept))
}

func attributes(list []attribute.KeyValue) map[string]any {
	all := map[string]any{}
	for _, a := range list {
		all[string(a.Key)] = a.Value.AsInterface()
	}
	return all
}

var move = commander.Call{
	Command: love.Command{CSC: "ATDome", Name: "cmd_moveAzimuth", Params: []byte(`{"azimuth":90}`), Identity: "ana@host"}, User: "ana", ID: "0007",
}

func TestACommandIsASpanWithItsProgress(t *testing.T) {
	kept, provider := spans()
	asked := 0
	inner := commander.Func(func(ctx context.Context, c commander.Call) (love.Ack, error) {
		require.Equal(t, move, c)
		_ = commander.Sent(ctx)
		commander.Report(ctx, love.Progress{Code: 301, Result: "moving"})
		return love.Ack{Text: "Done", Code: love.AckComplete}, nil
	})
	ctx := commander.WithSent(t.Context(), func() context.Context { asked++; return t.Context() })
	var reported []love.Progress
	ctx = commander.WithProgress(ctx, func(p love.Progress) { reported = append(reported, p) })
	ack, err := trace.New(inner, trace.WithTracerProvider(provider)).Execute(ctx, move)
	require.NoError(t, err)
	require.Equal(t, "Done", ack.Text)
	require.Equal(t, 1, asked, "who waits for that learns that it was sent")
	require.Len(t, reported, 1)

	all := kept.GetSpans()
	require.Len(t, all, 1)
	require.Equal(t, "ATDome cmd_moveAzimuth", all[0].Name)
	require.Equal(t, map[string]any{
		"love.csc": "ATDome", "love.salindex": int64(0), "love.command": "cmd_moveAzimuth", "love.user": "ana", "love.command_id": "0007", "love.ack": int64(303),
	}, attributes(all[0].Attributes))
	require.Len(t, all[0].Events, 2)
	require.Equal(t, "sent", all[0].Events[0].Name)
	require.Equal(t, "progress", all[0].Events[1].Name)
	require.Equal(t, map[string]any{"love.ack": int64(301), "love.result": "moving"}, attributes(all[0].Events[1].Attributes))
}

func TestASpanSaysWhatFailed(t *testing.T) {
	for name, c := range map[string]struct {
		ack  love.Ack
		err  error
		kind any
		text string
	}{
		"the component":         {commander.Failed("the door is open"), nil, nil, "Failed: the door is open"},
		"a refusal":             {love.Ack{}, commander.Refuse("no such field"), "refused", "no such field"},
		"something unforeseen":  {love.Ack{}, errors.New("disk on fire"), commander.ErrorOf(errors.New("disk on fire"), "").Kind.String(), ""},
		"too late for the span": {love.Ack{}, context.DeadlineExceeded, commander.ErrorOf(context.DeadlineExceeded, "").Kind.String(), ""},
	} {
		t.Run(name, func(t *testing.T) {
			kept, provider := spans()
			ack, err := trace.New(commander.Func(func(context.Context, commander.Call) (love.Ack, error) { return c.ack, c.err }),
				trace.WithTracerProvider(provider)).Execute(t.Context(), move)
			require.Equal(t, c.ack, ack)
			require.Equal(t, c.err, err)
			all := kept.GetSpans()
			require.Len(t, all, 1)
			require.Equal(t, codes.Error, all[0].Status.Code)
			require.Contains(t, all[0].Status.Description, c.text)
			require.Equal(t, c.kind, attributes(all[0].Attributes)["love.error"])
		})
	}
}

// checking answers checks.
type checking struct{ commander.Commander }

func (checking) Check(context.Context, commander.Call) (love.Ack, error) {
	return love.Ack{Text: commander.WouldSend}, nil
}

func TestACheckIsPassedOn(t *testing.T) {
	kept, provider := spans()
	ack, err := trace.New(checking{}, trace.WithTracerProvider(provider)).Check(t.Context(), move)
	require.NoError(t, err)
	require.Equal(t, commander.WouldSend, ack.Text)
	require.Empty(t, kept.GetSpans())
}

// TestATraceGoesThroughManagerAndCommander: the spans of both, each the parent of the next.
func TestATraceGoesThroughManagerAndCommander(t *testing.T) {
	kept, provider := spans()
	component := commander.Func(func(context.Context, commander.Call) (love.Ack, error) { return love.Ack{Text: "Done", Code: 303}, nil })
	at := httptest.NewServer(commanderhttp.NewHandler(
		commanderhttp.Backend{Commander: trace.New(component, trace.WithTracerProvider(provider))},
		commanderhttp.WithWrap(func(h http.Handler) http.Handler { return trace.Handler(h, trace.WithHandlerTracerProvider(provider)) }),
	))
	defer at.Close()
	client, err := commanderhttp.New(at.URL, commanderhttp.WrapTransport(trace.Transport))
	require.NoError(t, err)
	defer client.Close()
	_, err = client.TopicNames(t.Context(), "") // no command, no span
	require.Error(t, err)
	traced := trace.New(client, trace.WithTracerProvider(provider))
	manager := httptest.NewServer(trace.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/manager/api/cmd/" {
			_, err := traced.Execute(r.Context(), move)
			require.NoError(t, err)
		}
	}), trace.WithHandlerTracerProvider(provider)))
	defer manager.Close()
	for _, path := range []string{"/manager/api/cmd/", "/manager/api/get-token/"} {
		resp, err := http.Post(manager.URL+path, "application/json", nil)
		require.NoError(t, err)
		resp.Body.Close()
	}

	names := map[string]tracetest.SpanStub{}
	var order []string
	for _, s := range kept.GetSpans() {
		order = append(order, s.Name)
		names[s.SpanContext.SpanID().String()] = s
	}
	require.ElementsMatch(t, []string{"ATDome cmd_moveAzimuth", "POST /cmd/", "ATDome cmd_moveAzimuth", "POST /manager/api/cmd/"}, order)
	var way []string
	for s := kept.GetSpans()[0]; ; s = names[s.Parent.SpanID().String()] {
		way = append(way, s.Name)
		if !s.Parent.IsValid() {
			break
		}
	}
	require.Equal(t, []string{"ATDome cmd_moveAzimuth", "POST /cmd/", "ATDome cmd_moveAzimuth", "POST /manager/api/cmd/"}, way)
}
