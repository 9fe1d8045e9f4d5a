package bench

import (
	"fmt"
	"math/bits"
	"time"
)

// precision is how many buckets there are per power of two, as a power of two:
// a quantile is at most 1/64 (1.6 %) too high.
const precision = 6

const buckets = (64 - precision) << precision

// Histogram counts durations in buckets whose width grows with the duration.
// The zero value is ready; it is for one goroutine.
type Histogram struct {
	counts [buckets]uint64
	total  uint64
	max    time.Duration
}

// Record counts a duration; a negative one counts as 0.
func (h *Histogram) Record(d time.Duration) {
	d = max(d, 0)
	h.counts[bucket(uint64(d))]++
	h.total++
	h.max = max(h.max, d)
}

// bucket returns the bucket of v: values below 2<<precision have a bucket each,
// larger ones share it with those of the same leading bits.
func bucket(v uint64) int {
	shift := max(0, bits.Len64(v)-precision-1)
	return shift<<precision + int(v>>shift)
}

// highest returns the largest value of a bucket.
func highest(bucket int) uint64 {
	shift := max(0, bucket>>precision-1)
	return uint64(bucket-shift<<precision+1)<<shift - 1
}

// Merge adds what o has counted.
func (h *Histogram) Merge(o *Histogram) {
	for i, n := range o.counts {
		h.counts[i] += n
	}
	h.total += o.total
	h.max = max(h.max, o.max)
}

// Count returns how many durations have been recorded.
func (h *Histogram) Count() uint64 { return h.total }

// Max returns the longest duration.
func (h *Histogram) Max() time.Duration { return h.max }

// Quantile returns a duration that the share q (0 to 1) of all do not exceed; 0
// if nothing has been recorded.
func (h *Histogram) Quantile(q float64) time.Duration {
	rank := uint64(q*float64(h.total) + 0.5)
	rank = min(max(rank, 1), h.total)
	var seen uint64
	for i, n := range h.counts {
		if seen += n; n > 0 && seen >= rank {
			return min(time.Duration(highest(i)), h.max)
		}
	}
	return 0
}

// String returns the usual quantiles as text.
func (h *Histogram) String() string {
	return fmt.Sprintf("p50 %s  p90 %s  p99 %s  p99.9 %s  max %s", millis(h.Quantile(.5)), millis(h.Quantile(.9)),
		millis(h.Quantile(.99)), millis(h.Quantile(.999)), millis(h.Max()))
}
