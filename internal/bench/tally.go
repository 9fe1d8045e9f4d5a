package bench

// tally finds by sequence numbers what is missing in one stream.
type tally struct {
	next      uint64 // the number expected
	missing   uint64 // numbers that were skipped
	reordered uint64 // numbers below the expected one: late, or twice
}

func (t *tally) count(seq uint64) {
	switch {
	case seq < t.next:
		t.reordered++
		return
	case seq > t.next:
		t.missing += seq - t.next
	}
	t.next = seq + 1
}

// lost is how many of the first n numbers have not come.
func (t *tally) lost(n uint64) uint64 {
	return t.missing + n - min(t.next, n)
}
