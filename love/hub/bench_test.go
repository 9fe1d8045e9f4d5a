package hub_test

import (
	"testing"

	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/hub"
)

// BenchmarkMessage is a message of three streams all the way through a hub, in
// one process: parsed, routed, and received by one subscriber.
func BenchmarkMessage(b *testing.B) {
	h, _ := start(b, hub.WithTracing(true))
	ctx := b.Context()
	from, to := h.Local(auth.Principal{Process: true}), h.Local(auth.Principal{Process: true})
	defer from.Close()
	defer to.Close()
	if err := to.Send(ctx, []byte(request("subscribe", "telemetry-ATDome-0-position"))); err != nil {
		b.Fatal(err)
	}
	if _, err := to.Receive(ctx); err != nil { // the confirmation
		b.Fatal(err)
	}
	message := []byte(`{"category":"telemetry","data":[{"csc":"ATDome","salindex":0,"data":{` +
		`"position":{"azimuth":{"value":182.3145,"dataType":"Float","units":"deg"}},` +
		`"status":{"power":{"value":1.5,"dataType":"Float","units":"kW"}},` +
		`"motor":{"current":{"value":[1.0,2.0,3.0],"dataType":"Array<Float>","units":"A"}}}}],"producer_snd":1690852640.25}`)
	b.ReportAllocs()
	b.SetBytes(int64(len(message)))
	for b.Loop() {
		if err := from.Send(ctx, message); err != nil {
			b.Fatal(err)
		}
		if _, err := to.Receive(ctx); err != nil {
			b.Fatal(err)
		}
	}
}
