package cli

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/lovetest"
)

func TestTracesOfCommandsGoToACollector(t *testing.T) {
	got := make(chan []string, 10)
	at := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		var sent collector.ExportTraceServiceRequest
		if err == nil && r.URL.Path == "/v1/traces" {
			err = proto.Unmarshal(body, &sent)
		}
		names := []string{}
		if err != nil {
			names = append(names, err.Error())
		}
		for _, resource := range sent.GetResourceSpans() {
			for _, a := range resource.GetResource().GetAttributes() {
				if a.GetKey() == "service.name" {
					names = append(names, a.GetValue().GetStringValue())
				}
			}
			for _, scope := range resource.GetScopeSpans() {
				for _, s := range scope.GetSpans() {
					names = append(names, s.GetName())
				}
			}
		}
		got <- names
	}))
	defer at.Close()
	log := slog.New(slog.DiscardHandler)
	traces, err := (&tracingFlags{endpoint: at.URL}).open(t.Context(), "loved-manager", log)
	require.NoError(t, err)
	_, err = traces.commander(&lovetest.Commander{}).Execute(t.Context(), commander.Call{Command: love.Command{CSC: "ATDome", Name: "cmd_stop"}})
	require.NoError(t, err)
	traces.close()
	require.Equal(t, []string{"loved-manager", "ATDome cmd_stop"}, <-got)
}

func TestTracesNeedAnEndpointThatCanBeOne(t *testing.T) {
	for _, endpoint := range []string{"collector:4318", "grpc://collector", "http://"} {
		_, err := (&tracingFlags{endpoint: endpoint}).open(t.Context(), "x", nil)
		require.ErrorContains(t, err, "--otlp-endpoint", endpoint)
	}
	var none *tracing
	c := &lovetest.Commander{}
	require.Same(t, c, none.commander(c))
	none.close()
}
