package hub_test

import (
	"fmt"
	"math/rand/v2"
	"net"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/stretchr/testify/require"
)

// TestFault_AProducerIsCutInTheMiddleOfAFrame: nothing of a message that did not arrive whole
// is delivered, nobody else notices, and nothing is left of the connection.
func TestFault_AProducerIsCutInTheMiddleOfAFrame(t *testing.T) {
	h, url := start(t)
	subscriber := dialProcess(t, url).subscribe("telemetry-A-1-s", "telemetry-B-1-s")
	watcher := dialProcess(t, url).subscribe("event-Hub-0-sources")
	other := dialProcess(t, url)
	const fromOther = `{"category":"telemetry","data":[{"csc":"B","salindex":1,"data":{"s":%d}}]}`
	other.sendf(fromOther, 0)
	subscriber.next()
	watcher.next()

	random := rand.New(rand.NewPCG(20, 3))
	sessions, goroutines, memory := h.Stats().Sessions, runtime.NumGoroutine(), heap()
	message := telemetry("s", 2)
	frames := map[string][]byte{
		"one frame": ws.MustCompileFrame(ws.MaskFrame(ws.NewTextFrame([]byte(message)))),
		"a frame after a ping and fragments": slices.Concat(
			ws.MustCompileFrame(ws.MaskFrame(ws.NewFrame(ws.OpText, false, []byte(message[:20])))),
			ws.MustCompileFrame(ws.MaskFrame(ws.NewPingFrame(nil))),
			ws.MustCompileFrame(ws.MaskFrame(ws.NewFrame(ws.OpContinuation, true, []byte(message[20:]))))),
		"a frame of a megabyte": ws.MustCompileFrame(ws.MaskFrame(ws.NewTextFrame(
			append([]byte(message), slices.Repeat([]byte(" "), 1<<20)...)))),
	}
	for name, frame := range frames {
		t.Run(name, func(t *testing.T) {
			cuts := []int{1, 2, len(frame) / 2, len(frame) - 1}
			for range 6 {
				cuts = append(cuts, 1+random.IntN(len(frame)-1))
			}
			for i, cut := range cuts {
				producer := dialProcess(t, url)
				producer.send(telemetry("s", 1))
				require.Contains(t, subscriber.next(), `"s":1`)
				require.Contains(t, watcher.next(), `"connected":{"value":true`)
				_, err := producer.nc.Write(frame[:cut])
				require.NoError(t, err)
				require.NoError(t, producer.nc.(*net.TCPConn).SetLinger(0)) // a reset, and no end of the stream
				require.NoError(t, producer.nc.Close())

				gone := watcher.next()
				require.Contains(t, gone, `"connected":{"value":false`)
				require.Contains(t, gone, `"components":{"value":["A"]`)
				other.sendf(fromOther, i)
				require.Contains(t, subscriber.next(), fmt.Sprintf(`"csc":"B","salindex":1,"data":{"s":%d}`, i), "nothing of the frame comes before")
				late := dialProcess(t, url)
				late.send(withOptions("telemetry-A-1-s", `"snapshot":true`))
				late.next()
				snapshot := late.next()
				require.Contains(t, snapshot, `"s":1`)
				require.Contains(t, snapshot, `"stale":true`)
				late.close(nil)
				late.waitClosed()
			}
		})
	}
	require.Empty(t, subscriber.sync())
	for deadline := time.Now().Add(30 * time.Second); h.Stats().Sessions > sessions || runtime.NumGoroutine() > goroutines; {
		require.True(t, time.Now().Before(deadline), "%d sessions, not %d; %d goroutines, not %d", h.Stats().Sessions, sessions, runtime.NumGoroutine(), goroutines)
		time.Sleep(10 * time.Millisecond)
	}
	require.Less(t, heap(), memory+1<<20, "so is the memory")
}

// heap returns the bytes in use after a collection.
func heap() uint64 {
	runtime.GC()
	runtime.GC() // what finalizers and pools held
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
