package efdhttp_test

import (
	"fmt"
	"io"
	"net/http/httptest"
	"strings"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/history"
	"github.com/rubin-love/love-go/love/history/efdhttp"
)

func ExampleNew() {
	past := &history.Memory{} // in place of an archive.Archive or an efd.EFD
	past.Add(history.Record{
		Time: night, Group: love.StreamGroup(love.CategoryTelemetry, "ATDome", 0, "position"), Fields: love.RawValue(`{"azimuthPosition":284.5}`),
	})
	server := httptest.NewServer(efdhttp.New(efdhttp.Config{Sources: map[string]history.Source{"archive": past}}))
	defer server.Close()

	resp, err := server.Client().Post(server.URL+"/efd/top_timeseries", "application/json",
		strings.NewReader(`{"efd_instance": "archive", "cscs": {"ATDome": {"0": {"position": ["azimuthPosition"]}}}}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	fmt.Println(string(answer), err)
	// Output: {"ATDome-0-position":{"azimuthPosition":[{"ts":"2026-03-14 01:59:26.535897+00:00","value":284.5}]}} <nil>
}
