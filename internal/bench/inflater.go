package bench

import (
	"bytes"
	"hash/maphash"
	"sync"

	"github.com/rubin-love/love-go/internal/deflate"
)

// inflater inflates what a manager sends to many clients once for all of them, so that
// the generator is not what is measured. The zero value is ready.
type inflater struct {
	mu     sync.Mutex
	seed   maphash.Seed
	texts  map[uint64][]byte // by the hash of the payload
	recent []uint64          // the keys of texts, oldest at next
	next   int
}

// maxTexts is how many messages are kept, for clients that get them later than others.
const maxTexts = 1024

// inflate returns the message of a compressed payload. The caller must not change it.
func (x *inflater) inflate(payload []byte) ([]byte, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.texts == nil {
		x.seed, x.texts, x.recent = maphash.MakeSeed(), make(map[uint64][]byte), make([]uint64, maxTexts)
	}
	key := maphash.Bytes(x.seed, payload)
	if text, known := x.texts[key]; known {
		return text, nil
	}
	text, err := deflate.Inflate(nil, bytes.Clone(payload), largestFrame)
	if err != nil {
		return nil, err
	}
	delete(x.texts, x.recent[x.next])
	x.texts[key], x.recent[x.next] = text, key
	x.next = (x.next + 1) % maxTexts
	return text, nil
}
