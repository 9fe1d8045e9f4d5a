package history_test

import (
	"context"
	"fmt"
	"time"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/history"
)

func Example() {
	position := love.StreamGroup(love.CategoryTelemetry, "ATDome", 0, "position")
	night := time.Date(2026, 3, 14, 3, 0, 0, 0, time.UTC)

	var source history.Memory // or an archive, or an EFD
	for n := range 600 {
		az := 100 + float64(n)/10
		source.Add(history.Record{Time: night.Add(time.Duration(n) * time.Second), Group: position, Fields: love.RawValue(fmt.Sprintf(`{"azimuth":%g}`, az))})
	}

	all, err := source.Series(context.Background(), history.SeriesQuery{
		Stream: position, Fields: []string{"azimuth"},
		Span: history.Span{From: night, To: night.Add(10 * time.Minute)}, Points: 2,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, b := range all[0].Bins {
		fmt.Println(b.Start.Format(time.TimeOnly), b.Min, b.Max)
	}
	// Output:
	// 03:00:00 100 129.9
	// 03:05:00 130 159.9
}
