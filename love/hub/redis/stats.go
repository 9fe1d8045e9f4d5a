package redis

// Stats counts what a [Broker] has done since it was made.
type Stats struct {
	Peers      int    `json:"peers"`      // other managers that give signs of life
	Published  uint64 `json:"published"`  // messages that Redis took, with the signs of life
	Received   uint64 `json:"received"`   // messages of other managers
	Queued     int    `json:"queued"`     // bytes that wait for Redis
	Conflated  uint64 `json:"conflated"`  // telemetry that a newer value replaced while it waited
	Dropped    uint64 `json:"dropped"`    // messages that other managers did not get, because too much waited
	Repeated   uint64 `json:"repeated"`   // messages that came a second time, and were skipped
	Malformed  uint64 `json:"malformed"`  // messages and values in Redis that are not ours, and were skipped
	Reconnects uint64 `json:"reconnects"` // times that Redis was back
}
