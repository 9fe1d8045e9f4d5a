// Package machine reads what the machine allows this process to use.
package machine

// MinDescriptors is how many file descriptors a server needs at least.
const MinDescriptors = 128

// own is how many file descriptors a server needs for itself: database, logs, the
// listener, connections kept to a commander.
const own = 64

// Shares divides the file descriptors of a server, so that those who connect to it
// cannot take what it needs itself.
type Shares struct {
	Total    int // what the process may open
	Sockets  int // for websockets, at most
	Requests int // for HTTP requests, and for the connections that they need in turn, at least
}

// Share divides a number of file descriptors.
func Share(total int) Shares {
	requests := max(total/4, 32)
	return Shares{Total: total, Requests: requests, Sockets: max(total-own-requests, 1)}
}

// LeftFor returns how many descriptors are left for requests beside a number of
// websockets.
func (s Shares) LeftFor(sockets int) int { return max(s.Total-own-sockets, s.Requests) }
