package bench

// lossCounter finds by sequence numbers what is missing in one stream.
type lossCounter struct {
	next      uint64 // the number that is expected
	missing   uint64 // numbers that were skipped
	reordered uint64 // numbers below the expected one: late, or twice
}

func (c *lossCounter) count(seq uint64) {
	switch {
	case seq < c.next:
		c.reordered++
		return
	case seq > c.next:
		c.missing += seq - c.next
	}
	c.next = seq + 1
}

// lost returns how many of the first n numbers have not arrived.
func (c *lossCounter) lost(n uint64) uint64 {
	return c.missing + n - min(c.next, n)
}
