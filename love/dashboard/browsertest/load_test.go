package browsertest_test

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/client"
)

// sender returns a connection of a producer of one's own, which ends with the test.
func (o *observatory) sender(t testing.TB) (send func(message string)) {
	t.Helper()
	c := o.Client(client.WithProcessPassword(o.Password))
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = c.Run(ctx) }) // ends with ctx
	t.Cleanup(func() {
		cancel()
		running.Wait()
	})
	return func(message string) { _ = c.Send(ctx, []byte(message)) } // fails only when the test has ended
}

// float writes a field of a message.
func float(name string, value float64) string {
	return fmt.Sprintf(`%q:{"value":%.6f,"dataType":"Float","units":"deg"}`, name, value)
}

// telemetry writes a message of one stream.
func telemetry(csc string, salindex int, stream string, fields ...string) string {
	return fmt.Sprintf(`{"category":"telemetry","data":[{"csc":%q,"salindex":%d,"data":{%q:{%s}}}]}`, csc, salindex, stream, strings.Join(fields, ","))
}

// wideComponent publishes 2000 values per second of one component: 50 fields of each of 20
// streams, twice a second, until the test ends.
func (o *observatory) wideComponent(t testing.TB) {
	send := o.sender(t)
	done := make(chan struct{})
	var running sync.WaitGroup
	t.Cleanup(func() {
		close(done)
		running.Wait()
	})
	running.Go(func() {
		tick := time.NewTicker(25 * time.Millisecond)
		defer tick.Stop()
		for turn := 0; ; turn++ {
			select {
			case <-done:
				return
			case <-tick.C:
			}
			var fields []string
			for i := range 50 {
				fields = append(fields, float(fmt.Sprintf("field%d", i), float64(turn*7%1000)+float64(i)/7))
			}
			send(telemetry("Wide", 0, fmt.Sprintf("stream%02d", turn%20), fields...))
		}
	})
}

// TestLoad_AComponentOf2000ValuesPerSecondLeavesTheMainThreadTime shows a component of 1000
// fields, alone and with plots. LOVE_TEST_LOAD_ROUNDS says how often each is measured for five
// seconds.
func TestLoad_AComponentOf2000ValuesPerSecondLeavesTheMainThreadTime(t *testing.T) {
	rounds := 1
	if s := os.Getenv("LOVE_TEST_LOAD_ROUNDS"); s != "" {
		var err error
		rounds, err = strconv.Atoi(s)
		require.NoError(t, err)
	}
	o := newObservatory(t)
	o.wideComponent(t)
	var fields []string
	for i := range 8 {
		fields = append(fields, fmt.Sprintf("Wide:0/stream%02d/field%d", i, i))
	}
	plot := "p=" + strings.Join(fields, ",")
	p := newBrowser(t).openAs("user", o.URL+"/#/observatory/Wide:0")
	p.until("its fields", `document.querySelectorAll('.field-row').length === 1000`)
	for _, address := range []string{"#/observatory/Wide:0", "#/observatory/Wide:0?" + plot, "#/plots?span=60&" + plot} {
		p.goTo(address)
		p.wait("main h1")
		if strings.Contains(address, "p=") {
			p.wait(".plot canvas")
		}
		p.busyTime(2)
		var worst, grown float64
		for range rounds {
			perFrame, bytes := p.busyTime(5)
			worst, grown = max(worst, perFrame), grown+bytes
		}
		t.Logf("%.24s: %.2f ms per frame at most, %+.0f KiB in %d s", address, worst, grown/1024, 5*rounds)
		require.Less(t, worst, 8.0, address)
	}
}

func TestLoad_FiveHundredComponentsAreSearchedAtOnce(t *testing.T) {
	o := newObservatory(t)
	send := o.sender(t)
	for i := range 500 {
		send(fmt.Sprintf(`{"category":"event","data":[{"csc":"Many","salindex":%d,"data":{"summaryState":[{"summaryState":{"value":%d,"dataType":"Int","units":"unitless"}}]}}]}`, i+1, 1+i%5))
	}
	p := newBrowser(t).openAs("user", o.URL)
	p.until("all tiles", `document.querySelectorAll('.tile').length > 500`)
	p.waitText(".tile-filters", "Fault 100")
	p.look("many")
	p.eval(`document.querySelector('input[type=search]').focus()`)
	took := p.eval(`(async () => { const i = document.querySelector('input[type=search]'); i.value = 'many 47'; const t = performance.now();
		i.dispatchEvent(new Event('input', {bubbles: true})); while (document.querySelectorAll('.tile').length > 20) await new Promise(requestAnimationFrame); return performance.now() - t; })()`)
	t.Logf("the search took %.0f ms", took)
	require.Equal(t, float64(15), p.eval(`document.querySelectorAll('.tile').length`), "47, 147, 247, 347, 447, and 470 to 479")
	p.busyTime(1)
	perFrame, _ := p.busyTime(3)
	t.Logf("%.2f ms per frame", perFrame)
	require.Less(t, perFrame, 8.0)
}
