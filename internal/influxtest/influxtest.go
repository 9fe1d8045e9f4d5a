// Package influxtest has databases in a real InfluxDB 1.x for tests.
package influxtest

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rubin-love/love-go/internal/wire"
)

var databases atomic.Int64

// Address returns the address of the InfluxDB for tests, and skips the test if there is
// none.
func Address(t testing.TB) string {
	t.Helper()
	address := os.Getenv("LOVE_TEST_INFLUXDB")
	if address == "" {
		t.Skip("LOVE_TEST_INFLUXDB names no InfluxDB 1.x, such as http://127.0.0.1:8086 (Debian's package influxdb)")
	}
	return address
}

// Point is a sample of a topic.
type Point struct {
	CSC, Topic string // by its full name, "logevent_summaryState"
	SalIndex   string
	Fields     []byte // a JSON object; a whole number is written as an integer, NaN not at all
	Time       time.Time
}

// Database makes a database with points as an EFD has them, removes it at the end of the
// test, and returns its name.
func Database(t testing.TB, address string, points []Point) string {
	t.Helper()
	name := fmt.Sprintf("love_test_%d_%d", os.Getpid(), databases.Add(1))
	post(t, address+"/query", url.Values{"q": {"CREATE DATABASE " + name}}.Encode())
	t.Cleanup(func() {
		post(t, address+"/query", url.Values{"q": {"DROP DATABASE " + name}}.Encode())
		http.DefaultClient.CloseIdleConnections()
	})
	var lines strings.Builder
	for _, p := range points {
		fmt.Fprintf(&lines, "lsst.sal.%s.%s salIndex=%si", p.CSC, p.Topic, p.SalIndex)
		for field, v := range wire.Members(p.Fields) {
			if string(v) != "NaN" {
				fmt.Fprintf(&lines, ",%s=%s", field, lineValue(v))
			}
		}
		fmt.Fprintf(&lines, " %d\n", p.Time.UnixNano())
	}
	if lines.Len() > 0 {
		post(t, address+"/write?db="+name, lines.String())
	}
	return name
}

// lineValue returns a JSON value as InfluxDB's line protocol has it.
func lineValue(v []byte) string {
	switch text := string(v); {
	case wire.IsText(v):
		return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(string(wire.Text(v))) + `"`
	case wire.IsNumber(v) && !strings.ContainsAny(text, ".eE"):
		return text + "i"
	default:
		return text
	}
}

func post(t testing.TB, address, body string) {
	t.Helper()
	resp, err := http.Post(address, "application/x-www-form-urlencoded", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if err != nil || resp.StatusCode >= 300 || strings.Contains(string(text), "error") {
		t.Fatalf("InfluxDB: %s %s %v", resp.Status, text, err)
	}
}
