package archive_test

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/history"
	"github.com/rubin-love/love-go/love/history/archive"
	"github.com/rubin-love/love-go/love/hub"
)

func Example() {
	dir, err := os.MkdirTemp("", "archive")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(dir) }()
	a, err := archive.Open(archive.Config{Dir: dir, MaxAge: 30 * 24 * time.Hour})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = a.Close() }()

	h := hub.New()
	defer func() { _ = h.Shutdown(context.Background()) }()
	ctx, cancel := context.WithCancel(context.Background())
	run, recording := a.Record(ctx, h), make(chan error, 1)
	go func() { recording <- run() }()
	defer func() { cancel(); <-recording }()

	position := love.StreamGroup(love.CategoryTelemetry, "ATDome", 0, "position")
	_ = h.Publish(ctx, love.Message{Category: position.Category, Data: []love.Item{{
		CSC: position.CSC, Streams: []love.Stream{{Name: position.Stream, Value: love.RawValue(`{"azimuth":{"value":284.5,"units":"deg"}}`)}},
	}}})
	if err := a.Wait(ctx, position, 1); err != nil {
		fmt.Println(err)
		return
	}
	newest, err := a.Newest(context.Background(), history.NewestQuery{Stream: position, Fields: []string{"azimuth"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(string(newest[0].Samples[0].Value))
	// Output: 284.5
}
