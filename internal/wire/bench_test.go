package wire_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/rubin-love/love-go/internal/wire"
)

// telemetry is a message as a producer of a larger component sends it.
func telemetry(streams int) []byte {
	var b strings.Builder
	b.WriteString(`{"category": "telemetry", "data": [{"csc": "MTMount", "salindex": 0, "data": {`)
	for i := range streams {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, `"stream%d": {"actualPosition": {"value": [%d.25, -0.0031, 1e-05], "dataType": "Array<Float>", "units": "deg"}, `+
			`"state": {"value": "enabled \u00e9", "dataType": "String", "units": ""}, `+
			`"private_sndStamp": {"value": 1690852677.25, "dataType": "Float", "units": "second"}}`, i, i)
	}
	b.WriteString(`}}], "producer_snd": 1690852640.25}`)
	return []byte(b.String())
}

// BenchmarkParse parses one message; encoding/json, which only validates the
// same bytes, is there for comparison.
func BenchmarkParse(b *testing.B) {
	for _, streams := range []int{1, 10, 100} {
		text := telemetry(streams)
		b.Run(fmt.Sprintf("streams=%d", streams), func(b *testing.B) {
			var m wire.Message
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				if err := m.Parse(text); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	text := telemetry(10)
	b.Run("encoding-json/streams=10", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		b.ReportAllocs()
		for b.Loop() {
			if !json.Valid(text) {
				b.Fatal("not valid")
			}
		}
	})
}

// BenchmarkStrict is what a client that asks for null in place of NaN costs.
func BenchmarkStrict(b *testing.B) {
	text := []byte(strings.ReplaceAll(string(telemetry(10)), "-0.0031", "NaN"))
	var buf []byte
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		buf = wire.AppendStrict(buf[:0], text)
	}
}
