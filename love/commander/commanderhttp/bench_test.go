package commanderhttp_test

import (
	"io"
	"net/http/httptest"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/commander/commanderhttp"
	"github.com/rubin-love/love-go/love/commander/salcommander"
	"github.com/rubin-love/love-go/love/sal"
	"github.com/rubin-love/love-go/love/sal/salxml"
	"github.com/rubin-love/love-go/love/sal/sim"
)

// BenchmarkTopicData measures the request that the frontend makes on every page,
// after the first time. With LOVE_SAL_INTERFACES set to a folder of definitions it
// does so for all components in it.
func BenchmarkTopicData(b *testing.B) {
	definitions := sim.Definitions()
	if folder := os.Getenv("LOVE_SAL_INTERFACES"); folder != "" {
		var err error
		definitions, err = salxml.ReadDir(folder)
		require.NoError(b, err)
	}
	topics := 0
	for _, name := range definitions.Names() {
		c, err := definitions.Component(name)
		require.NoError(b, err)
		topics += len(c.Topics)
	}
	domain := sal.NewDomain(sim.NewBus(), definitions)
	server := httptest.NewServer(commanderhttp.NewHandler(commanderhttp.Backend{Informer: salcommander.New(domain)}))
	defer server.Close()
	client := server.Client()
	for _, encoding := range []string{"gzip", "identity"} {
		b.Run(encoding, func(b *testing.B) {
			var bytes int64
			for b.Loop() {
				req := httptest.NewRequest("GET", server.URL+"/salinfo/topic-data", nil)
				req.RequestURI = ""
				req.Header.Set("Accept-Encoding", encoding)
				resp, err := client.Do(req)
				require.NoError(b, err)
				bytes, err = io.Copy(io.Discard, resp.Body)
				require.NoError(b, err)
				require.NoError(b, resp.Body.Close())
			}
			b.ReportMetric(float64(len(definitions.Names())), "components")
			b.ReportMetric(float64(topics), "topics")
			b.ReportMetric(float64(bytes), "bytes")
		})
	}
	client.CloseIdleConnections()
}
