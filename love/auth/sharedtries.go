package auth

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
)

// failure is a wrong log-in, as one limiter tells it to others.
type failure struct {
	User    string `json:"user"`         // the hash of the name
	At      string `json:"at,omitempty"` // the address where the user is known, if so
	Address string `json:"address"`      // from which it came
}

// maxAddress bounds an address that another limiter tells.
const maxAddress = 256

// Share makes several limiters count wrong log-ins as one, those of several managers. tell
// is called with each one here, and hands it to [LogInLimiter.Learn] of all the others. The
// log-in waits for it. The text has no password, and the name only as a hash. Call it before
// the first [LogInLimiter.Try].
func (l *LogInLimiter) Share(tell func(failure string)) { l.tell = tell }

// tellOthers tells the other limiters of a wrong log-in.
func (l *LogInLimiter) tellOthers(t *LogInTry) {
	if l.tell == nil {
		return
	}
	text, err := json.Marshal(failure{User: hex.EncodeToString(t.user.user[:]), At: t.user.address, Address: t.from.address})
	if err == nil { // strings always have JSON
		l.tell(string(text))
	}
}

var errNoFailure = errors.New("not a wrong log-in of another limiter")

// Learn counts a wrong log-in at another limiter. The error is that text does not come
// from one.
func (l *LogInLimiter) Learn(text string) error {
	var f failure
	if err := json.Unmarshal([]byte(text), &f); err != nil {
		return errNoFailure
	}
	hash, err := hex.DecodeString(f.User)
	if err != nil || len(hash) != sha256.Size || len(f.At) > maxAddress || len(f.Address) > maxAddress {
		return errNoFailure
	}
	user := bucketKey{[sha256.Size]byte(hash), f.At}
	if user.user == [sha256.Size]byte{} {
		return errNoFailure
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sweep()
	l.change(user, 1, 0)
	l.change(bucketKey{address: f.Address}, 1, 0)
	return nil
}
