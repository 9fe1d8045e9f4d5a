package hub

import "time"

// Offered returns the count of [Stats].Offered as it is kept: while messages are being
// offered it may be behind what has become of them.
func (h *Hub) Offered() uint64 { return h.counters.offered.Load() }

// SetPatience sets for how long a subscription waits for the broker.
func (h *Hub) SetPatience(d time.Duration) { h.interests.patience = d }
