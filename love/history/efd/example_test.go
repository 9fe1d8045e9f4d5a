package efd_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/history"
	"github.com/rubin-love/love-go/love/history/efd"
)

func Example() {
	server := httptest.NewServer(http.HandlerFunc(standIn)) // in place of the observatory's
	defer server.Close()

	e, err := efd.New(efd.Config{URL: server.URL, Username: "ana", Password: "secret"})
	if err != nil {
		fmt.Println(err)
		return
	}
	newest, err := e.Newest(context.Background(), history.NewestQuery{
		Stream: love.StreamGroup(love.CategoryTelemetry, "ATDome", 0, "position"), Fields: []string{"azimuthPosition"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range newest[0].Samples {
		fmt.Println(s.Time.Format(time.DateTime), string(s.Value))
	}
	// Output: 2026-03-14 03:00:00 284.5
}

// standIn answers as an InfluxDB with one measurement does.
func standIn(w http.ResponseWriter, r *http.Request) {
	answer := `"columns":["time","azimuthPosition"],"values":[[1773457200000000000,284.5]]`
	switch q := r.FormValue("q"); {
	case strings.HasPrefix(q, "SHOW MEASUREMENTS"):
		answer = `"columns":["name"],"values":[["lsst.sal.ATDome.position"]]`
	case strings.HasPrefix(q, "SHOW FIELD KEYS"):
		answer = `"columns":["fieldKey","fieldType"],"values":[["azimuthPosition","float"],["salIndex","integer"]]`
	}
	_, _ = io.WriteString(w, `{"results":[{"series":[{`+answer+`}]}]}`)
}
