package browsertest_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/heapprofiler"
	"github.com/chromedp/cdproto/performance"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/client"
)

// busy publishes 2000 telemetry values per second: 50 fields of each of 4 components, ten
// times a second, until the test ends.
func (o *observatory) busy(t testing.TB) {
	t.Helper()
	sender := o.Client(client.WithProcessPassword(o.Password))
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	t.Cleanup(func() {
		cancel()
		running.Wait()
	})
	running.Go(func() { _ = sender.Run(ctx) })
	running.Go(func() {
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for turn := 0; ; turn++ {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			for component := range 4 {
				var fields strings.Builder
				for i := range 50 {
					fmt.Fprintf(&fields, `,"field%d":{"value":%g,"dataType":"Float","units":"deg"}`, i, float64(turn*7%1000)+float64(i)/7)
				}
				message := fmt.Sprintf(`{"category":"telemetry","data":[{"csc":"Busy","salindex":%d,"data":{"values":{"private_sndStamp":{"value":%f,"dataType":"Float","units":"s"}%s}}}]}`,
					component+1, float64(time.Now().UnixMilli())/1000+37, fields.String())
				if sender.Send(ctx, []byte(message)) != nil {
					return
				}
			}
		}
	})
}

// metrics returns what the browser counts of the page. Times are of the processor, in seconds.
func (p *tab) metrics() map[string]float64 {
	p.t.Helper()
	_, err := chromedp.Call(p.ctx, heapprofiler.CollectGarbage, cdp.Empty{})
	require.NoError(p.t, err)
	got, err := chromedp.Call(p.ctx, performance.GetMetrics, cdp.Empty{})
	require.NoError(p.t, err)
	all := map[string]float64{}
	for _, m := range got.Metrics {
		all[m.Name] = m.Value
	}
	return all
}

// busyTime measures the page for some seconds: how long the main thread works in each frame at
// 60 frames a second, in milliseconds of the processor, and by how much its memory grows.
func (p *tab) busyTime(seconds int) (perFrame, bytes float64) {
	p.t.Helper()
	_, err := chromedp.Call(p.ctx, performance.Enable, performance.EnableParams{TimeDomain: performance.EnableTimeDomainThreadTicks})
	require.NoError(p.t, err)
	before := p.metrics()
	// Frames are asked for, but not counted: a machine with other work draws fewer.
	took := p.eval(fmt.Sprintf(`new Promise((done) => {
		const start = performance.now();
		const next = () => { const took = performance.now() - start; took < %d ? requestAnimationFrame(next) : done(took); };
		requestAnimationFrame(next);
	})`, seconds*1000)).(float64)
	after := p.metrics()
	frames := took * 60 / 1000
	return 1000 * (after["TaskDuration"] - before["TaskDuration"]) / frames, after["JSHeapUsedSize"] - before["JSHeapUsedSize"]
}

// The limit is in time of the processor, so that it does not depend on what else the machine
// does.
func TestSpeed_TwoThousandValuesPerSecondLeaveTheMainThreadTime(t *testing.T) {
	o := newObservatory(t)
	o.busy(t)
	p := newBrowser(t).openAs("user", o.URL+"/#/hub")
	p.waitText("[aria-label=Sources]", "Busy:4")
	for _, address := range []string{"#/hub", "#/observatory", "#/observatory/Busy:1"} {
		p.goTo(address)
		p.wait("main h1")
		p.busyTime(1)
		perFrame, bytes := p.busyTime(3)
		t.Logf("%s: %.2f ms per frame, %+.0f KiB in 3 s", address, perFrame, bytes/1024)
		require.Less(t, perFrame, 8.0, address)
	}
}
