package love

import "time"

// StreamStats describes one stream that was published to a manager since it started.
type StreamStats struct {
	Category Category  `json:"category"`
	CSC      string    `json:"csc"`
	SalIndex string    `json:"salindex"` // decimal, or another text that was published as such
	Stream   string    `json:"stream"`
	Messages uint64    `json:"messages"` // published to it since it became known
	Last     time.Time `json:"last"`     // when the newest of them came, UTC
	Live     bool      `json:"live"`     // whoever published that is still connected
}

// Group returns the group that receives the stream.
func (s StreamStats) Group() Group { return Group{s.Category, s.CSC, s.SalIndex, s.Stream} }
