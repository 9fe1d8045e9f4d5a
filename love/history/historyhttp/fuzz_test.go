package historyhttp_test

import (
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/history"
	"github.com/rubin-love/love-go/love/history/historyhttp"
)

func FuzzQuery(f *testing.F) {
	for _, query := range []string{
		"", "source=memory&csc=ATDome", "csc=ATDome&topic=position&field=a&from=2026-03-14T02:00:00Z&to=1773459000.5&points=5",
		"csc=ATDome&topic=logevent_summaryState&field=a,b&field=a3", "limit=3&before=x&topic=*", "groups=telemetry-ATDome-0-*,event-*-*-*&to=5",
		"from=0&to=1", "from=%ff", "a=%zz", "to=1.9999999999", "to=8589934592", "points=-1&points=2", "topic=command_start",
	} {
		f.Add(query)
	}
	routes := historyhttp.New(historyhttp.Config{Sources: map[string]history.Source{"memory": memory(record(position, 0, `{"a":1}`))}}).Routes()
	f.Fuzz(func(t *testing.T, query string) {
		for _, r := range routes {
			req := httptest.NewRequest("GET", r.Path, nil)
			req.URL.RawQuery = query
			w := httptest.NewRecorder()
			r.Methods["GET"].Handler.ServeHTTP(w, req)
			require.True(t, slices.Contains([]int{200, 400, 404}, w.Code), "%s?%s: %d %s", r.Path, query, w.Code, w.Body)
		}
	})
}
